with rides as (

    select * from {{ ref('stg_citibike__trips') }}
    where {{ in_months('source_month') }}

),

stops as (

    select
        source_month,
        start_station_id as station_id,
        start_station_name as station_name,
        start_latitude as latitude,
        start_longitude as longitude,
        -- A ride ends at the dock's position; an electric bike begins where its receiver believes it is, kilometres off at times.
        case when start_latitude is null then 3 when rideable_type = 'electric_bike' then 2 else 1 end as doubt
    from rides
    union all
    select
        source_month,
        end_station_id as station_id,
        end_station_name as station_name,
        end_latitude as latitude,
        end_longitude as longitude,
        case when end_latitude is null then 3 else 0 end as doubt
    from rides

),

-- Of the least doubtful positions, that of most rides.
counted as (

    select
        source_month,
        station_id,
        station_name,
        round(latitude, 6) as latitude,
        round(longitude, 6) as longitude,
        doubt,
        count(*) as stops
    from stops
    where station_id is not null
    group by source_month, station_id, station_name, round(latitude, 6), round(longitude, 6), doubt

),

ranked as (

    select
        *,
        row_number() over (
            partition by source_month, station_id order by doubt asc, stops desc, station_name asc, latitude asc, longitude asc
        ) as choice
    from counted

)

select
    source_month,
    station_id,
    station_name,
    latitude,
    longitude

from ranked
where choice = 1
