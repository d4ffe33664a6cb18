{%- set speed -%}
case
    when trip_distance_miles > 0 and trip_duration_minutes > 0
        then cast(trip_distance_miles as double) * 60 / trip_duration_minutes
end
{%- endset -%}
{%- set revenue = 'total_amount' -%}

{{ config(
    materialized='monthly',
    meta={'computed': {'avg_speed_mph': speed, 'revenue': revenue}}
) }}

{%- set distances = var('plausible_distance_miles') -%}
{%- set speeds = var('plausible_speed_mph') -%}

with trips as (

    select * from {{ ref('int_trips__judged') }}
    where
        reason is null
        and {{ in_months('source_month') }}

),

hours as (

    select * from {{ ref('int_hours__mapped') }}
    where {{ in_hours_of_months('local_hour') }}

),

stations as (

    select * from {{ ref('int_stations__monthly') }}
    where {{ in_months('source_month') }}

),

measured as (

    select
        *,
        duration_us / 6e7 as trip_duration_minutes,
        coalesce(total_amount < 0 or fare_amount < 0, false) as is_adjustment

    from trips

),

timed as (

    select
        *,
        {{ speed }} as avg_speed_mph,
        {{ revenue }} as revenue

    from measured

),

final as (

    select
        {{ trip_id('timed') }} as trip_id,
        cast(
            timed.trip_type as {{ enum_type(trip_sources() | map(attribute='trip_type')) }}
        ) as trip_type,
        cast(
            timed.source as {{ enum_type(trip_sources() | map(attribute='name')) }}
        ) as source,
        timed.source_month,
        hours.date_key,
        hours.time_key,
        hours.weather_key,
        -- Taxis and for-hire vehicles have a zone, bikes a station that is in a zone.
        cast(coalesce(
            timed.pickup_location_id,
            start_stations.location_key,
            {{ var('unknown_zone_id') }}
        ) as smallint) as pickup_location_key,
        cast(coalesce(
            timed.dropoff_location_id,
            end_stations.location_key,
            {{ var('unknown_zone_id') }}
        ) as smallint) as dropoff_location_key,
        start_stations.station_key as start_station_key,
        end_stations.station_key as end_station_key,
        timed.pickup_datetime,
        timed.dropoff_datetime,
        timed.trip_duration_minutes,
        timed.trip_distance_miles,
        timed.avg_speed_mph,
        timed.trip_distance_miles between {{ distances[0] }} and {{ distances[1] }}
        and coalesce(
            timed.avg_speed_mph between {{ speeds[0] }} and {{ speeds[1] }}, true
        ) as has_plausible_distance,
        cast(timed.passenger_count as smallint) as passenger_count,
        cast(timed.payment_type as smallint) as payment_type,
        timed.fare_amount,
        timed.tip_amount,
        timed.total_amount,
        timed.revenue,
        timed.is_adjustment,
        timed.member_type,
        timed.rideable_type

    from timed
    left join hours
        on {{ dbt.date_trunc('hour', 'timed.pickup_datetime') }} = hours.local_hour
    left join stations as start_stations
        on
            timed.source_month = start_stations.source_month
            and timed.start_station_id = start_stations.station_id
    left join stations as end_stations
        on
            timed.source_month = end_stations.source_month
            and timed.end_station_id = end_stations.station_id

)

select * from final
