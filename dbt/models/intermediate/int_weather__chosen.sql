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

-- What fell between 08:00 and 09:00 is labelled 09:00, all else 08:00.
of_the_hour as (

    select
        *,
        observed_at_utc as utc_hour
    from weather

),

fell_in_the_hour as (

    select
        *,
        {{ dbt.dateadd('hour', -1, 'observed_at_utc') }} as utc_hour
    from weather

),

{%- for name in ('of_the_hour', 'fell_in_the_hour') %}

-- Files overlap at their ends, and the newest days of a file may be revised later. The hours of a
-- month are described by its own file, so that other files make no difference to it.
ranked_{{ name }} as (

    select
        *,
        row_number() over (
            partition by utc_hour
            order by
                case
                    when
                        source_month
                        = cast(
                            {{ dbt.date_trunc('month', to_new_york('utc_hour')) }} as date
                        )
                        then 0
                    else 1
                end,
                source_month,
                source_row
        ) as choice

    from {{ name }}

),
{%- endfor %}

final as (

    select
        of_hour.utc_hour,
        of_hour.temperature_c,
        of_hour.apparent_temperature_c,
        of_hour.dew_point_c,
        of_hour.humidity_pct,
        fell.precipitation_mm,
        fell.rain_mm,
        fell.snowfall_cm,
        fell.snowfall_water_equivalent_mm,
        of_hour.weather_code,
        of_hour.cloud_cover_pct,
        of_hour.pressure_hpa,
        of_hour.wind_speed_ms,
        of_hour.wind_gusts_ms,
        of_hour.wind_direction_degrees

    from ranked_of_the_hour as of_hour
    left join ranked_fell_in_the_hour as fell
        on
            of_hour.utc_hour = fell.utc_hour
            and fell.choice = 1
    where of_hour.choice = 1

)

select * from final
