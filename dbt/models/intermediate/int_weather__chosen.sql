with observed as (

    select * from {{ ref('stg_open_meteo__hourly') }}

),

files as (

    select * from {{ ref('int_files__loaded') }}
    where source = 'weather'

),

weather as (

    select observed.*
    from observed
    inner join files on observed.source_month = files.source_month

),

-- Files overlap at their ends, and the newest days of a file may be revised later. An hour is
-- described by the file of its own month.
ranked as (

    select
        *,
        row_number() over (
            partition by observed_at_utc
            order by
                case
                    when
                        source_month
                        = cast({{ dbt.date_trunc('month', 'observed_at_utc') }} as date)
                        then 0
                    else 1
                end,
                source_month,
                source_row
        ) as choice

    from weather

),

chosen as (

    select * from ranked
    where choice = 1

),

final as (

    select
        chosen.observed_at_utc as utc_hour,
        chosen.temperature_c,
        chosen.apparent_temperature_c,
        chosen.dew_point_c,
        chosen.humidity_pct,
        next_hour.precipitation_mm,
        next_hour.rain_mm,
        next_hour.snowfall_cm,
        next_hour.snowfall_water_equivalent_mm,
        chosen.weather_code,
        chosen.cloud_cover_pct,
        chosen.pressure_hpa,
        chosen.wind_speed_ms,
        chosen.wind_gusts_ms,
        chosen.wind_direction_degrees

    from chosen
    -- What fell between 08:00 and 09:00 is labelled 09:00.
    left join chosen as next_hour
        on chosen.observed_at_utc = {{ dbt.dateadd('hour', -1, 'next_hour.observed_at_utc') }}

)

select * from final
