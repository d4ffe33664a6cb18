with stations as (

    select * from {{ ref('int_stations__monthly') }}

),

observed as (

    select
        *,
        max(source_month) over (partition by station_id) as last_month_of_station

    from stations

),

final as (

    select
        station_key,
        station_id,
        max_by(station_name, source_month) as station_name,
        max_by(latitude, source_month) as latitude,
        max_by(longitude, source_month) as longitude,
        max(location_key) as location_key,
        min(source_month) as first_month,
        max(source_month) as last_month,
        cast(count(*) as integer) as months_observed,
        max(source_month) = max(last_month_of_station) as is_current

    from observed
    group by station_key, station_id

)

select * from final
