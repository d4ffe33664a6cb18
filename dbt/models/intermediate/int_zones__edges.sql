with polygons as (

    select * from {{ ref('stg_tlc__taxi_zone_polygons') }}

),

rings as (

    select
        shape_id,
        location_id,
        {{ unnest_list('rings') }} as ring
    from polygons

),

edges as (

    select
        shape_id,
        location_id,
        {{ unnest_list(ring_edges('ring')) }} as edge
    from rings

),

final as (

    select
        edges.shape_id,
        edges.location_id,
        edges.edge.x1,
        edges.edge.y1,
        edges.edge.x2,
        edges.edge.y2

    from edges

)

select * from final
