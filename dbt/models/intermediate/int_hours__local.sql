with months as (

    select distinct
        source_month,
        {{ dbt.dateadd('month', 1, 'source_month') }} as next_month

    from {{ ref('int_files__loaded') }}
    -- The weather of a month may be there before its trips are published.
    where trip_type is not null

),

-- The rides of a file may begin a day before its month, or a day after.
hours as (

    select distinct
        {{ hours_between(
            dbt.dateadd('day', -var('days_outside_file_month'), 'source_month'),
            dbt.dateadd('hour', var('days_outside_file_month') * 24 - 1, 'next_month')
        ) }} as local_hour

    from months

)

select
    hours.local_hour,
    months.source_month is not null as is_in_loaded_month

from hours
left join months
    on cast({{ dbt.date_trunc('month', 'hours.local_hour') }} as date) = months.source_month
