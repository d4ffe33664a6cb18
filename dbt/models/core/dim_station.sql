with stations as (

    select * from {{ ref('int_stations__monthly') }}

)

select
    station_key,
    station_id,
    max_by(station_name, source_month) as station_name,
    max_by(latitude, source_month) as latitude,
    max_by(longitude, source_month) as longitude,
    min(source_month) as first_month,
    max(source_month) as last_month

from stations
group by station_key, station_id
