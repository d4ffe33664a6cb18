with source as (

    select * from {{ source('tlc', 'taxi_zones') }}

),

renamed as (

    select
        locationid as location_id,
        borough,
        zone as zone_name,
        nullif(service_zone, 'N/A') as service_zone

    from source

)

select * from renamed
