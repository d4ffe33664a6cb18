{%- set outside = var('days_outside_file_month') -%}

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
times as (

    select distinct
        {{ times_between(
            "cast(" ~ dbt.dateadd('day', -outside, 'source_month') ~ " as date)",
            "cast(" ~ dbt.dateadd('day', outside - 1, 'next_month') ~ " as date)",
            'day'
        ) }} as day_start

    from months

),

days as (

    select cast(day_start as date) as date_day
    from times

),

final as (

    select
        days.date_day,
        months.source_month is not null as is_in_loaded_month

    from days
    left join months
        on cast({{ dbt.date_trunc('month', 'days.date_day') }} as date) = months.source_month

)

select * from final
