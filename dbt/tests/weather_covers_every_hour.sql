-- Each hour of New York's clock in a month of this run is described by an observation. A warning: where it is not, Great
-- Expectations rejects the month, and says so among its other findings (stg_weather__hourly.yaml).
{{ config(severity='warn') }}

select hours.local_hour

from {{ ref('int_hours__mapped') }} as hours
left join {{ ref('dim_weather') }} as weather on hours.weather_key = weather.weather_key
where
    hours.is_in_loaded_month
    and {{ in_months("cast(" ~ dbt.date_trunc('month', 'hours.local_hour') ~ " as date)") }}
    and weather.temperature_c is null
