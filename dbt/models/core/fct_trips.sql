{{ config(materialized='monthly') }}

with trips as (

    select * from {{ ref('int_trips__judged') }}
    where
        reason is null
        and {{ in_months('source_month') }}

),

hours as (

    select * from {{ ref('int_hours__mapped') }}

),

stations as (

    select * from {{ ref('int_stations__monthly') }}
    where {{ in_months('source_month') }}

),

measured as (

    select
        *,
        {{ minutes_between('pickup_datetime', 'dropoff_datetime') }} as trip_duration_minutes,
        coalesce(total_amount < 0 or fare_amount < 0, false) as is_adjustment

    from trips

),

final as (

    select
        {{ trip_id('measured') }} as trip_id,
        cast(
            measured.trip_type as {{ enum_type(trip_sources() | map(attribute='trip_type')) }}
        ) as trip_type,
        cast(
            measured.source as {{ enum_type(trip_sources() | map(attribute='name')) }}
        ) as source,
        measured.source_month,
        hours.date_key,
        hours.time_key,
        hours.weather_key,
        -- Taxis and for-hire vehicles have a zone, bikes a station that is in a zone.
        cast(coalesce(
            measured.pickup_location_id,
            start_stations.location_key,
            {{ var('unknown_zone_id') }}
        ) as smallint) as pickup_location_key,
        cast(coalesce(
            measured.dropoff_location_id,
            end_stations.location_key,
            {{ var('unknown_zone_id') }}
        ) as smallint) as dropoff_location_key,
        start_stations.station_key as start_station_key,
        end_stations.station_key as end_station_key,
        measured.pickup_datetime,
        measured.dropoff_datetime,
        measured.trip_duration_minutes,
        measured.trip_distance_miles,
        case
            when measured.trip_distance_miles > 0 and measured.trip_duration_minutes > 0
                then
                    cast(measured.trip_distance_miles as double)
                    * 60
                    / measured.trip_duration_minutes
        end as avg_speed_mph,
        cast(measured.passenger_count as smallint) as passenger_count,
        cast(measured.payment_type as smallint) as payment_type,
        measured.fare_amount,
        measured.tip_amount,
        measured.total_amount,
        measured.total_amount as revenue,
        measured.is_adjustment,
        measured.member_type,
        measured.rideable_type

    from measured
    left join hours
        on {{ dbt.date_trunc('hour', 'measured.pickup_datetime') }} = hours.local_hour
    left join stations as start_stations
        on
            measured.source_month = start_stations.source_month
            and measured.start_station_id = start_stations.station_id
    left join stations as end_stations
        on
            measured.source_month = end_stations.source_month
            and measured.end_station_id = end_stations.station_id

)

select * from final
