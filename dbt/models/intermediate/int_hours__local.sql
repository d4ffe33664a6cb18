with files as (

    select * from {{ ref('int_files__loaded') }}

),

months as (

    select distinct
        source_month,
        {{ dbt.dateadd('month', 1, 'source_month') }} as next_month

    from files
    -- The weather of a month may be loaded before its trips are published.
    where trip_type is not null

),

-- Trips in a file may begin up to a day before its month or after it.
hours as (

    select distinct
        {{ hours_between(
            dbt.dateadd('day', -var('days_outside_file_month'), 'source_month'),
            dbt.dateadd('hour', var('days_outside_file_month') * 24 - 1, 'next_month')
        ) }} as local_hour

    from months

),

final as (

    select
        hours.local_hour,
        months.source_month is not null as is_in_loaded_month

    from hours
    left join months
        on cast({{ dbt.date_trunc('month', 'hours.local_hour') }} as date) = months.source_month

)

select * from final
