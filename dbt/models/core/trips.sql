{{ config(materialized='atomic_view') }}

{%- set attributes = {
    'trips': [
        'trip_id', 'trip_type', 'source', 'source_month', 'date_key', 'time_key', 'weather_key',
        'pickup_location_key', 'dropoff_location_key', 'start_station_key', 'end_station_key',
        'pickup_datetime', 'dropoff_datetime', 'trip_duration_minutes', 'trip_distance_miles',
        'avg_speed_mph', 'has_plausible_distance', 'passenger_count', 'payment_type',
        'fare_amount', 'tip_amount', 'total_amount', 'revenue', 'is_adjustment', 'member_type',
        'rideable_type',
    ],
    'dim_date': [
        'date_day', 'year_number', 'quarter_of_year', 'month_of_year', 'month_name', 'week_of_year',
        'day_of_month', 'day_of_year', 'day_of_week', 'day_name', 'is_weekend', 'is_weekday',
        'is_holiday', 'holiday_name',
    ],
    'dim_time': [
        'hour_of_day', 'hour_12', 'am_pm', 'time_of_day', 'time_period', 'is_business_hours',
        'is_rush_hour', 'is_late_night', 'is_dining_hours',
    ],
    'dim_weather': [
        'temperature_c', 'temperature_f', 'temp_category', 'feels_like_c', 'feels_like_category',
        'humidity_pct', 'humidity_category', 'precipitation_mm', 'rain_mm', 'snowfall_cm',
        'precipitation_type', 'precipitation_intensity', 'cloud_cover_pct', 'cloud_category',
        'wind_speed_ms', 'wind_speed_mph', 'wind_category', 'wind_direction', 'weather_description',
        'is_pleasant', 'is_adverse', 'is_good_cycling',
    ],
} -%}
{%- set zone_attributes = [
    'borough', 'zone_name', 'service_zone', 'tier', 'region', 'is_airport', 'is_hub', 'is_tourist',
    'is_business', 'is_high_demand',
] -%}

with trips as (

    select * from {{ ref('fct_trips') }}

),

{% for dimension in ['dim_date', 'dim_time', 'dim_weather', 'dim_location', 'dim_station'] -%}
{{ dimension }} as (

    select * from {{ ref(dimension) }}

),

{% endfor -%}

final as (

    select
        {% for relation, columns in attributes.items() %}
        {% for column in columns %}
        {{ relation }}.{{ column }},
        {% endfor %}
        {% endfor %}
        {% for column in zone_attributes %}
        pickup_zones.{{ column }} as pickup_{{ column }},
        dropoff_zones.{{ column }} as dropoff_{{ column }},
        {% endfor %}
        start_stations.station_id as start_station_id,
        start_stations.station_name as start_station_name,
        start_stations.latitude as start_latitude,
        start_stations.longitude as start_longitude,
        end_stations.station_id as end_station_id,
        end_stations.station_name as end_station_name,
        end_stations.latitude as end_latitude,
        end_stations.longitude as end_longitude

    from trips
    left join dim_date on trips.date_key = dim_date.date_key
    left join dim_time on trips.time_key = dim_time.time_key
    left join dim_weather on trips.weather_key = dim_weather.weather_key
    left join dim_location as pickup_zones
        on trips.pickup_location_key = pickup_zones.location_key
    left join dim_location as dropoff_zones
        on trips.dropoff_location_key = dropoff_zones.location_key
    left join dim_station as start_stations
        on trips.start_station_key = start_stations.station_key
    left join dim_station as end_stations
        on trips.end_station_key = end_stations.station_key

)

select * from final
