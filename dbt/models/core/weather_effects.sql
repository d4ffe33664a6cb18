{{ config(materialized='atomic_view') }}

with effects as (

    select * from {{ ref('stg_pipeline__weather_effects') }}

),

final as (

    select
        source_month,
        trip_type,
        condition,
        effect_pct,
        low_pct,
        high_pct,
        hours_with,
        hours_without,
        reason

    from effects

)

select * from final
