{{ config(materialized='monthly') }}

{%- set version -%}
    concat_ws(
        chr(31),
        station_id,
        'name=' || station_name,
        location_key,
        cast(round(latitude * 1000) as integer),
        cast(round(longitude * 1000) as integer)
    )
{%- endset -%}

with stations as (

    select * from {{ ref('int_stations__observed') }}

),

edges as (

    select * from {{ ref('int_zones__edges') }}

),

boxes as (

    select
        shape_id,
        min(x1) as west,
        max(x1) as east,
        min(y1) as south,
        max(y1) as north
    from edges
    group by shape_id

),

-- A point is inside a shape (holes and islands considered) if a ray from it to the east crosses an
-- odd number of edges.
crossings as (

    select
        stations.source_month,
        stations.station_id,
        edges.location_id,
        count(*) as crossed
    from stations
    inner join boxes
        on
            stations.longitude between boxes.west and boxes.east
            and stations.latitude between boxes.south and boxes.north
    inner join edges
        on
            boxes.shape_id = edges.shape_id
            and (stations.latitude < edges.y1) <> (stations.latitude < edges.y2)
            and stations.longitude
            < edges.x1
            + (edges.x2 - edges.x1) * (stations.latitude - edges.y1) / (edges.y2 - edges.y1)
    group by stations.source_month, stations.station_id, edges.shape_id, edges.location_id

),

zones as (

    select
        source_month,
        station_id,
        min(location_id) as location_id
    from crossings
    where crossed % 2 = 1
    group by source_month, station_id

),

located as (

    select
        stations.*,
        cast(
            case
                when zones.location_id is not null then zones.location_id
                when stations.latitude is null or not exists (select 1 from boxes)
                    then {{ var('unknown_zone_id') }}
                else {{ var('outside_zone_id') }}
            end as smallint
        ) as location_key

    from stations
    left join zones
        on
            stations.source_month = zones.source_month
            and stations.station_id = zones.station_id

),

final as (

    select
        source_month,
        station_id,
        -- A station that was renamed, or that moved by about 100 m, is another version of itself.
        -- The key is a hash of the version, so that the keys in facts do not depend on the months
        -- that are loaded later.
        {{ stable_hash(version) }} as station_key,
        station_name,
        latitude,
        longitude,
        location_key

    from located

)

select * from final
