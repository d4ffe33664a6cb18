with loads as (

    select * from {{ ref('stg_pipeline__loads') }}
    where
        {{ is_monthly('source') }}
        and {{ in_months('source_month') }}

),

all_trips as (

    select * from {{ ref('fct_trips') }}
    where {{ in_months('source_month') }}

),

rejections_by_reason as (

    select * from {{ ref('rejections_by_reason') }}
    where {{ in_months('source_month') }}

),

trips as (

    select
        source,
        source_month,
        count(*) as rows_fact

    from all_trips
    group by source, source_month

),

rejections as (

    select
        source,
        source_month,
        sum(rows_rejected) as rows_rejected

    from rejections_by_reason
    group by source, source_month

),

typed as (

    select
        *,
        {{ trip_type_of('source') }} is not null as is_of_trips
    from loads

),

final as (

    select
        typed.source,
        typed.source_month,
        typed.rows_published,
        typed.rows_unreadable,
        typed.rows_raw,
        -- A row of weather is an observation and cannot be rejected.
        case
            when typed.is_of_trips then coalesce(trips.rows_fact, 0)
            else typed.rows_raw
        end as rows_fact,
        cast(coalesce(rejections.rows_rejected, 0) as bigint) as rows_rejected,
        typed.sha256,
        typed.url,
        nullif(typed.generated_by, '') as generated_by,
        typed.fetched_at,
        typed.loaded_at

    from typed
    left join trips
        on
            typed.source = trips.source
            and typed.source_month = trips.source_month
    left join rejections
        on
            typed.source = rejections.source
            and typed.source_month = rejections.source_month

)

select * from final
