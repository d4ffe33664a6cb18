{{ config(materialized='atomic_view') }}

with trips as (

    select * from {{ ref('fct_trips') }}

),

dates as (

    select * from {{ ref('dim_date') }}

),

times as (

    select * from {{ ref('dim_time') }}

),

weather as (

    select * from {{ ref('dim_weather') }}

),

final as (

    select
        trips.trip_id,
        trips.trip_type,
        trips.source,
        trips.source_month,
        trips.date_key,
        trips.time_key,
        trips.weather_key,
        trips.pickup_location_key,
        trips.dropoff_location_key,
        trips.start_station_key,
        trips.end_station_key,
        trips.pickup_datetime,
        trips.trip_duration_minutes,
        trips.trip_distance_miles,
        trips.avg_speed_mph,
        trips.has_plausible_distance,
        trips.passenger_count,
        trips.payment_type,
        trips.fare_amount,
        trips.revenue,
        trips.is_adjustment,
        trips.member_type,
        trips.rideable_type,
        dates.is_weekend,
        dates.is_weekday,
        times.time_of_day,
        times.is_business_hours,
        times.is_rush_hour,
        times.is_late_night,
        weather.temp_category,
        weather.precipitation_type,
        weather.is_pleasant,
        weather.is_adverse,
        weather.is_good_cycling

    from trips
    left join dates on trips.date_key = dates.date_key
    left join times on trips.time_key = times.time_key
    left join weather on trips.weather_key = weather.weather_key

)

select * from final
