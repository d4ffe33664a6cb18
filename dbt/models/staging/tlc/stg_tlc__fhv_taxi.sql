{%- set published = {
    'texts': ['dispatching_base_num', 'Affiliated_base_number'],
    'integers': ['PUlocationID', 'DOlocationID', 'SR_Flag'],
    'times': ['pickup_datetime', 'dropOff_datetime'],
} -%}

with source as (

    select * from {{ source('tlc', 'fhv_taxi') }}

),

renamed as (

    select
        'fhv_taxi' as source,
        source_month,
        source_row,
        {{ row_hash("'fhv_taxi'", **published) }} as row_hash,
        {{ row_fingerprint(**published) }} as row_fingerprint,
        dispatching_base_num as dispatching_base_id,
        affiliated_base_number as affiliated_base_id,
        pickup_datetime,
        dropoff_datetime,
        pulocationid as pickup_location_id,
        dolocationid as dropoff_location_id,
        coalesce(sr_flag = 1, false) as is_shared

    from source

)

select * from renamed
