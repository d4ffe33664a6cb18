{%- set published = {
    'texts': ['store_and_fwd_flag'],
    'integers': [
        'VendorID', 'RatecodeID', 'PULocationID', 'DOLocationID', 'passenger_count', 'payment_type',
        'trip_type',
    ],
    'fractions': [
        'trip_distance', 'fare_amount', 'extra', 'mta_tax', 'tip_amount', 'tolls_amount',
        'ehail_fee', 'improvement_surcharge', 'total_amount', 'congestion_surcharge',
        'cbd_congestion_fee',
    ],
    'times': ['lpep_pickup_datetime', 'lpep_dropoff_datetime'],
} -%}

with source as (

    select * from {{ source('tlc', 'green_taxi') }}

),

renamed as (

    select
        'green_taxi' as source,
        source_month,
        source_row,
        {{ row_hash("'green_taxi'", **published) }} as row_hash,
        {{ row_fingerprint(**published) }} as row_fingerprint,
        -- Without the columns that only files of some years have.
        {{ row_fingerprint(
            integers=['VendorID', 'PULocationID', 'DOLocationID'],
            fractions=['trip_distance', 'fare_amount', 'total_amount'],
            times=published.times
        ) }} as ride_fingerprint,
        vendorid as vendor_id,
        lpep_pickup_datetime as pickup_datetime,
        {{ dropoff_time('lpep_dropoff_datetime') }} as dropoff_datetime,
        {{ zone_id('pulocationid') }} as pickup_location_id,
        {{ zone_id('dolocationid') }} as dropoff_location_id,
        passenger_count,
        ratecodeid as rate_code_id,
        payment_type,
        store_and_fwd_flag = 'Y' as is_stored_and_forwarded,
        trip_type = 2 as is_dispatched,
        {{ miles('trip_distance') }} as trip_distance_miles,
        {{ dollars('fare_amount') }} as fare_amount,
        {{ dollars('extra') }} as extra_amount,
        {{ dollars('mta_tax') }} as mta_tax_amount,
        {{ dollars('tip_amount') }} as tip_amount,
        {{ dollars('tolls_amount') }} as tolls_amount,
        {{ dollars('ehail_fee') }} as ehail_fee_amount,
        {{ dollars('improvement_surcharge') }} as improvement_surcharge_amount,
        {{ dollars('congestion_surcharge') }} as congestion_surcharge_amount,
        {{ dollars('cbd_congestion_fee') }} as cbd_congestion_fee_amount,
        {{ dollars('total_amount') }} as total_amount

    from source

)

select * from renamed
