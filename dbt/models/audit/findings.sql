{{ config(materialized='atomic_view') }}

with findings as (

    select * from {{ ref('stg_pipeline__findings') }}

),

final as (

    select
        source_month,
        judged_at,
        judged_at = max(judged_at) over (partition by source_month) as is_latest,
        suite,
        source,
        expectation,
        column_name,
        description,
        severity,
        outcome,
        observed,
        sentence,
        accepted_because

    from findings

)

select * from final
