with polygons as (

    select * from {{ source('raw_data', 'taxi_zone_polygons') }}

),

rings as (

    select
        objectid as shape_id,
        locationid as location_id,
        {{ unnest_list('geometry') }} as ring
    from polygons

),

edges as (

    select
        shape_id,
        location_id,
        {{ unnest_list(ring_edges('ring')) }} as edge
    from rings

)

select
    edges.shape_id,
    edges.location_id,
    edges.edge.x1,
    edges.edge.y1,
    edges.edge.x2,
    edges.edge.y2

from edges
