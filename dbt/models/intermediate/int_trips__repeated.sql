{{ config(materialized='monthly', meta={'reach': 'month_after'}) }}

{%- set days = var('days_outside_file_month') -%}

with files as (

    select * from {{ ref('int_files__loaded') }}

),

all_trips as (

    select * from {{ ref('int_trips__unioned') }}

),

trips as (

    select
        source,
        source_month,
        cast({{ dbt.dateadd('month', 1, 'source_month') }} as date) as next_month,
        source_row,
        pickup_datetime,
        dropoff_datetime,
        pickup_location_id,
        dropoff_location_id,
        ride_fingerprint

    from all_trips
    where {{ in_months('source_month', before=1, after=1) }}

),

-- Two files share only the days around the end of the earlier file's month.
at_the_end as (

    select trips.*
    from trips
    -- A file that is loaded for a month that is not built yet has no trips.
    inner join files
        on
            trips.source = files.source
            and trips.source_month = files.source_month
    where
        trips.pickup_datetime >= {{ dbt.dateadd('day', -days, 'trips.next_month') }}
        and {{ rejection_reason('trips') }} is null

),

at_the_start as (

    select * from trips
    where
        pickup_datetime < {{ dbt.dateadd('day', days, 'source_month') }}
        and {{ replaced_rows('month_after') }}

),

final as (

    select
        later.source,
        later.source_month,
        later.source_row,
        min(earlier.source_row) as earlier_row

    from at_the_start as later
    inner join at_the_end as earlier
        on
            later.source = earlier.source
            and later.source_month = earlier.next_month
            and later.ride_fingerprint = earlier.ride_fingerprint
            -- One of the files may omit the milliseconds.
            and later.pickup_datetime
            between {{ dbt.dateadd('second', -1, 'earlier.pickup_datetime') }}
            and {{ dbt.dateadd('second', 1, 'earlier.pickup_datetime') }}
    group by later.source, later.source_month, later.source_row

)

select * from final
