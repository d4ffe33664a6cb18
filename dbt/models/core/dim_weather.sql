{{ config(materialized='hourly', meta={'reach': 'utc_hours'}) }}

{%- set pleasant = var('pleasant') -%}
{%- set adverse = var('adverse') -%}
{%- set cycling = var('good_cycling') -%}

with weather as (

    select * from {{ ref('int_weather__chosen') }}
    where {{ replaced_hours('utc_hour') }}

),

local_hours as (

    select * from {{ ref('int_hours__mapped') }}
    where {{ replaced_hours('utc_hour', 'local_hour') }}

),

-- Every hour that a trip may be joined to, whether or not it has weather. The hour that the clocks
-- repeat in autumn is only in the weather.
hours as (

    select utc_hour from local_hours
    union distinct
    select utc_hour from weather

),

final as (

    select
        {{ weather_key('hours.utc_hour') }} as weather_key,
        hours.utc_hour,
        {{ to_new_york('hours.utc_hour') }} as local_hour,
        weather.temperature_c,
        {{ fahrenheit('weather.temperature_c') }} as temperature_f,
        {{ band_name('weather.temperature_c', var('temperature_bands_c')) }} as temp_category,
        weather.apparent_temperature_c as feels_like_c,
        {{ fahrenheit('weather.apparent_temperature_c') }} as feels_like_f,
        {{ band_name('weather.apparent_temperature_c', var('temperature_bands_c')) }}
            as feels_like_category,
        weather.dew_point_c,
        weather.humidity_pct,
        {{ band_name('weather.humidity_pct', var('humidity_bands_pct')) }} as humidity_category,
        weather.precipitation_mm,
        weather.rain_mm,
        weather.snowfall_cm,
        weather.snowfall_water_equivalent_mm,
        {{ precipitation_type('weather') }} as precipitation_type,
        case
            when weather.precipitation_mm = 0 then 'none'
            else {{ band_name('weather.precipitation_mm', var('precipitation_bands_mm')) }}
        end as precipitation_intensity,
        weather.weather_code,
        weather.cloud_cover_pct,
        {{ band_name('weather.cloud_cover_pct', var('cloud_bands_pct')) }} as cloud_category,
        weather.pressure_hpa,
        weather.wind_speed_ms,
        weather.wind_speed_ms / 0.44704 as wind_speed_mph,
        weather.wind_gusts_ms,
        {{ band_name('weather.wind_speed_ms', var('wind_bands_ms')) }} as wind_category,
        weather.wind_direction_degrees,
        {{ band_name('weather.wind_direction_degrees', var('wind_directions')) }} as wind_direction,
        case
            when
                weather.precipitation_mm > 0
                and {{ precipitation_type('weather') }} is not null
                then concat(
                    {{ band_name('weather.precipitation_mm', var('precipitation_bands_mm')) }},
                    ' ',
                    {{ precipitation_type('weather') }}
                )
            when weather.precipitation_mm = 0
                then {{ band_name('weather.cloud_cover_pct', var('cloud_bands_pct')) }}
        end as weather_description,
        -- Null where a missing value could decide, by SQL's three-valued logic: 40 °C is adverse
        -- whatever the wind is, 20 °C is not.
        weather.temperature_c between {{ pleasant.from_c }} and {{ pleasant.to_c }}
        and weather.precipitation_mm = 0
        and weather.wind_speed_ms < {{ pleasant.wind_below_ms }}
        and weather.cloud_cover_pct < {{ pleasant.cloud_below_pct }} as is_pleasant,
        weather.precipitation_mm > {{ adverse.precipitation_above_mm }}
        or weather.temperature_c < {{ adverse.below_c }}
        or weather.temperature_c > {{ adverse.above_c }}
        or weather.wind_speed_ms > {{ adverse.wind_above_ms }} as is_adverse,
        weather.temperature_c between {{ cycling.from_c }} and {{ cycling.to_c }}
        and weather.precipitation_mm = 0
        and weather.wind_speed_ms < {{ cycling.wind_below_ms }} as is_good_cycling

    from hours
    left join weather on hours.utc_hour = weather.utc_hour

)

select * from final
