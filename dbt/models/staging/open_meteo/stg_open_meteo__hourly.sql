with source as (

    select * from {{ source('open_meteo', 'weather') }}

),

renamed as (

    select
        source_month,
        source_row,
        {{ adapter.quote('time') }} as observed_at_utc,
        temperature_2m as temperature_c,
        apparent_temperature as apparent_temperature_c,
        dew_point_2m as dew_point_c,
        relative_humidity_2m as humidity_pct,
        -- Sums of the hour before the label.
        precipitation as precipitation_mm,
        rain as rain_mm,
        snowfall as snowfall_cm,
        snowfall / 0.7 as snowfall_water_equivalent_mm,
        weather_code,
        cloud_cover as cloud_cover_pct,
        pressure_msl as pressure_hpa,
        wind_speed_10m as wind_speed_ms,
        wind_gusts_10m as wind_gusts_ms,
        wind_direction_10m as wind_direction_degrees

    from source

)

select * from renamed
