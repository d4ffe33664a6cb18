{{ config(materialized='monthly') }}

{%- set version -%}
    concat_ws(
        chr(31), station_id, 'name=' || station_name, cast(round(latitude * 1000) as integer), cast(round(longitude * 1000) as integer)
    )
{%- endset -%}

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
    -- A renamed station, or one that moved by some 100 m, is another version of itself. The key is made of the version, so that
    -- facts keep theirs whichever months are loaded later.
    {{ stable_hash(version) }} as station_key,
    station_name,
    latitude,
    longitude

from ranked
where choice = 1
