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
        -- Without the columns that only files of some years have.
        {{ row_fingerprint(
            texts=['dispatching_base_num'],
            integers=['PUlocationID', 'DOlocationID'],
            times=published.times
        ) }} as ride_fingerprint,
        dispatching_base_num as dispatching_base_id,
        affiliated_base_number as affiliated_base_id,
        pickup_datetime,
        {{ dropoff_time('dropoff_datetime') }} as dropoff_datetime,
        {{ zone_id('pulocationid') }} as pickup_location_id,
        {{ zone_id('dolocationid') }} as dropoff_location_id,
        coalesce(sr_flag = 1, false) as is_shared

    from source

)

select * from renamed
