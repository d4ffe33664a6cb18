with polygons as (

    select * from {{ ref('stg_tlc__taxi_zone_polygons') }}

),

final as (

    select
        cast(location_id as smallint) as location_key,
        {{ concat_lists('rings', 'shape_id') }} as rings

    from polygons
    group by location_id

)

select * from final
