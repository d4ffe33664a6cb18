-- Each hour of New York local time in a month of this run has weather. A warning, because Great
-- Expectations rejects a month without weather and reports it with the other findings.
{{ config(severity='warn') }}

{%- set month = "cast(" ~ dbt.date_trunc('month', 'hours.local_hour') ~ " as date)" -%}

with hours as (

    select * from {{ ref('int_hours__mapped') }}

),

weather as (

    select * from {{ ref('dim_weather') }}

)

select hours.local_hour

from hours
left join weather on hours.weather_key = weather.weather_key
where
    hours.is_in_loaded_month
    and {{ in_hours_of_months('hours.local_hour') }}
    and {{ in_months(month) }}
    and weather.temperature_c is null
