{{ config(materialized='monthly', meta={'reach': 'month_after'}) }}

{%- set days = var('days_outside_file_month') -%}

with files as (

    select * from {{ ref('int_files__loaded') }}

),

all_trips as (

    select * from {{ ref('int_trips__unioned') }}

),

clock_changes as (

    select * from {{ ref('int_days__clock_changes') }}

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
        bike_id,
        start_station_id,
        start_station_name,
        start_latitude,
        start_longitude,
        end_station_id,
        end_station_name,
        end_latitude,
        end_longitude,
        ride_fingerprint,
        -- Two files share only the days around the end of the earlier file's month.
        pickup_datetime < {{ dbt.dateadd('day', days, 'source_month') }} as is_at_the_start,
        pickup_datetime
        >= {{ dbt.dateadd('day', -days, dbt.dateadd('month', 1, 'source_month')) }} as is_at_the_end

    from all_trips
    where
        {{ in_months('source_month', before=1, after=1) }}
        and {{ in_shared_days('pickup_datetime') }}

),

shared_days as (

    select * from trips
    where is_at_the_start or is_at_the_end

),

timed as (

    select
        shared_days.*,
        {{ trip_duration_us('shared_days', 'clock_changes') }} as duration_us

    from shared_days
    left join clock_changes
        on cast(shared_days.pickup_datetime as date) = clock_changes.pickup_day

),

at_the_end as (

    select timed.*
    from timed
    -- A file that is loaded for a month that is not built yet has no trips.
    inner join files
        on
            timed.source = files.source
            and timed.source_month = files.source_month
    where
        timed.is_at_the_end
        and {{ rejection_reason('timed') }} is null

),

at_the_start as (

    select * from shared_days
    where
        is_at_the_start
        and {{ replaced_rows('month_after') }}

),

-- By its id or, without one, by its content.
of_equal_id as (

    select
        later.source,
        later.source_month,
        later.source_row,
        earlier.source_row as earlier_row

    from at_the_start as later
    inner join at_the_end as earlier
        on
            later.source = earlier.source
            and later.source_month = earlier.next_month
            and later.ride_fingerprint = earlier.ride_fingerprint
            and {{ is_same_second('later.pickup_datetime', 'earlier.pickup_datetime') }}

),

-- Files of different eras have different ids of rides and of stations, and texts are edited.
rides_at_the_start as (

    select
        *,
        {{ epoch_seconds('pickup_datetime') }} as pickup_second,
        {{ unnest_list(list_of([-1, 0, 1])) }} as seconds_away

    from at_the_start
    where bike_id is not null or start_station_id is not null or end_station_id is not null

),

rides_at_the_end as (

    select
        *,
        {{ epoch_seconds('pickup_datetime') }} as pickup_second

    from at_the_end
    where bike_id is not null or start_station_id is not null or end_station_id is not null

),

of_equal_times as (

    select
        later.source,
        later.source_month,
        later.source_row,
        earlier.source_row as earlier_row

    from rides_at_the_start as later
    inner join rides_at_the_end as earlier
        on
            later.source = earlier.source
            and later.source_month = earlier.next_month
            and later.pickup_second + later.seconds_away = earlier.pickup_second
            and {{ is_same_second('later.pickup_datetime', 'earlier.pickup_datetime') }}
            and {{ is_same_second('later.dropoff_datetime', 'earlier.dropoff_datetime') }}
            -- The bike decides if both files tell it.
            and coalesce(
                later.bike_id = earlier.bike_id,
                {{ is_same_station('later.start', 'earlier.start') }}
                and {{ is_same_station('later.end', 'earlier.end') }}
            )

),

matched as (

    select * from of_equal_id
    union all
    select * from of_equal_times

),

final as (

    select
        source,
        source_month,
        source_row,
        min(earlier_row) as earlier_row

    from matched
    group by source, source_month, source_row

)

select * from final
