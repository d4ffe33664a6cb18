with polygons as (

    select * from {{ source('raw_data', 'taxi_zone_polygons') }}

)

select
    cast(locationid as smallint) as location_key,
    {{ concat_lists('geometry', 'objectid') }} as rings

from polygons
group by locationid
