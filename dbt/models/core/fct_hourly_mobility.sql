{{ config(materialized='monthly', meta={'reach': 'hours'}) }}

with trips as (

    select * from {{ ref('int_trips__hourly') }}

),

expected as (

    select * from {{ ref('int_hours__expected') }}
    where {{ replaced_rows('hours') }}

),

hours as (

    select * from {{ ref('int_hours__mapped') }}
    where {{ in_hours_of_months('local_hour') }}

),

-- The expected hours, and hours with a trip in neighbouring months for which its trip type is not
-- loaded.
keyed as (

    select
        hour_timestamp,
        trip_type,
        pickup_borough,
        1 as is_expected
    from expected
    union all
    select
        hour_timestamp,
        trip_type,
        pickup_borough,
        0 as is_expected
    from trips

),

grouped as (

    select
        hour_timestamp,
        trip_type,
        pickup_borough,
        max(is_expected) as is_expected
    from keyed
    group by hour_timestamp, trip_type, pickup_borough

),

final as (

    select
        case
            when grouped.is_expected = 1
                then cast({{ dbt.date_trunc('month', 'grouped.hour_timestamp') }} as date)
            else trips.file_month
        end as source_month,
        grouped.hour_timestamp,
        grouped.trip_type,
        grouped.pickup_borough,
        hours.date_key,
        hours.time_key,
        hours.weather_key,
        {%- for measure in [
            'trip_count', 'loaded_trip_count', 'adjustment_count', 'implausible_distance_count',
            'total_passengers'
        ] %}
        cast(coalesce(trips.{{ measure }}, 0) as bigint) as {{ measure }},
        {%- endfor %}
        {%- for measure in ['revenue', 'total_fare_amount', 'total_tip_amount'] %}
        cast(coalesce(trips.{{ measure }}, 0) as decimal(18, 2)) as {{ measure }},
        {%- endfor %}
        {%- for measure in [
            'total_distance_miles', 'plausible_distance_miles', 'timed_distance_miles'
        ] %}
        cast(coalesce(trips.{{ measure }}, 0) as decimal(18, 3)) as {{ measure }},
        {%- endfor %}
        coalesce(trips.total_duration_minutes, 0) as total_duration_minutes,
        coalesce(trips.timed_duration_minutes, 0) as timed_duration_minutes

    from grouped
    left join trips
        on
            grouped.hour_timestamp = trips.hour_timestamp
            and grouped.trip_type = trips.trip_type
            and grouped.pickup_borough = trips.pickup_borough
    left join hours on grouped.hour_timestamp = hours.local_hour

)

select * from final
