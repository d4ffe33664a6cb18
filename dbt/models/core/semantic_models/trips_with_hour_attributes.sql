{{ config(materialized='atomic_view') }}

{#- The trip types that metrics are named after. -#}
{%- set named_types = ['yellow_taxi', 'fhv', 'citibike'] -%}

with trips as (

    select * from {{ ref('fct_trips') }}

),

files as (

    select * from {{ ref('int_files__loaded') }}
    where trip_type is not null

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

months as (

    select
        {%- for trip_type in named_types %}
        max(case when trip_type = '{{ trip_type }}' then 1 else 0 end) = 1
            as is_{{ trip_type }}_loaded,
        {%- endfor %}
        source_month
    from files
    group by source_month

),

-- The days of the months for which a source is loaded. Joining trips to them costs no more than
-- joining them to dates.
loaded_days as (

    select
        cast(
            files.source as {{ enum_type(trip_sources() | map(attribute='name')) }}
        ) as source,
        {%- for trip_type in named_types %}
        months.is_{{ trip_type }}_loaded,
        {%- endfor %}
        dates.date_key,
        dates.is_weekend,
        dates.is_weekday

    from files
    inner join months on files.source_month = months.source_month
    inner join dates
        on files.source_month = cast({{ dbt.date_trunc('month', 'dates.date_day') }} as date)

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
        loaded_days.is_weekend,
        loaded_days.is_weekday,
        {%- for trip_type in named_types %}
        loaded_days.is_{{ trip_type }}_loaded,
        {%- endfor %}
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
    inner join loaded_days
        on
            trips.source = loaded_days.source
            and trips.date_key = loaded_days.date_key
    left join times on trips.time_key = times.time_key
    left join weather on trips.weather_key = weather.weather_key

)

select * from final
