with source as (

    select * from {{ source('tlc', 'taxi_zone_polygons') }}

),

renamed as (

    select
        objectid as shape_id,
        locationid as location_id,
        zone as zone_name,
        borough,
        shape_leng as perimeter_degrees,
        shape_area as area_square_degrees,
        geometry as rings

    from source

)

select * from renamed
