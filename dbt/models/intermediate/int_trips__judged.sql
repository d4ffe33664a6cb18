{%- set days = var('days_outside_file_month') -%}
{%- set first_zone, last_zone = var('zone_ids') -%}

with trips as (

    select * from {{ ref('int_trips__unioned') }}

),

duplicates as (

    select * from {{ ref('int_trips__duplicates') }}

)

select
    trips.*,
    case
        when trips.pickup_datetime is null then 'no_pickup_time'
        when
            trips.pickup_datetime < {{ dbt.dateadd('day', -days, 'trips.source_month') }}
            or trips.pickup_datetime >= {{ dbt.dateadd('day', days, dbt.dateadd('month', 1, 'trips.source_month')) }}
            then 'pickup_outside_file_month'
        when trips.dropoff_datetime < trips.pickup_datetime then 'ends_before_it_starts'
        when trips.dropoff_datetime > {{ dbt.dateadd('hour', var('longest_trip_hours'), 'trips.pickup_datetime') }} then 'longer_than_24_h'
        when
            trips.pickup_location_id not between {{ first_zone }} and {{ last_zone }}
            or trips.dropoff_location_id not between {{ first_zone }} and {{ last_zone }}
            then 'unknown_zone_id'
        when duplicates.source_row is not null then 'exact_duplicate'
    end as reason

from trips
left join duplicates
    on
        trips.source = duplicates.source
        and trips.source_month = duplicates.source_month
        and trips.source_row = duplicates.source_row
