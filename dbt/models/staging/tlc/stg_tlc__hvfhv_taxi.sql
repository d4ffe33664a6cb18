{%- set published = {
    'texts': [
        'hvfhs_license_num', 'dispatching_base_num', 'originating_base_num', 'shared_request_flag',
        'shared_match_flag', 'access_a_ride_flag', 'wav_request_flag', 'wav_match_flag',
    ],
    'integers': ['PULocationID', 'DOLocationID', 'trip_time'],
    'fractions': [
        'trip_miles', 'base_passenger_fare', 'tolls', 'bcf', 'sales_tax', 'congestion_surcharge',
        'airport_fee', 'tips', 'driver_pay', 'cbd_congestion_fee',
    ],
    'times': ['request_datetime', 'on_scene_datetime', 'pickup_datetime', 'dropoff_datetime'],
} -%}

with source as (

    select * from {{ source('tlc', 'hvfhv_taxi') }}

),

renamed as (

    select
        'hvfhv_taxi' as source,
        source_month,
        source_row,
        {{ row_hash("'hvfhv_taxi'", **published) }} as row_hash,
        {{ row_fingerprint(**published) }} as row_fingerprint,
        -- Without the columns that only files of some years have.
        {{ row_fingerprint(
            texts=['hvfhs_license_num', 'dispatching_base_num'],
            integers=['PULocationID', 'DOLocationID', 'trip_time'],
            fractions=['trip_miles', 'base_passenger_fare'],
            times=published.times
        ) }} as ride_fingerprint,
        hvfhs_license_num as licence_id,
        dispatching_base_num as dispatching_base_id,
        originating_base_num as originating_base_id,
        request_datetime,
        on_scene_datetime,
        pickup_datetime,
        {{ dropoff_time('dropoff_datetime') }} as dropoff_datetime,
        {{ zone_id('pulocationid') }} as pickup_location_id,
        {{ zone_id('dolocationid') }} as dropoff_location_id,
        trip_time as trip_seconds,
        shared_request_flag = 'Y' as is_shared_ride_requested,
        shared_match_flag = 'Y' as is_shared,
        wav_request_flag = 'Y' as is_wheelchair_ride_requested,
        wav_match_flag = 'Y' as is_wheelchair_ride,
        {{ miles('trip_miles') }} as trip_distance_miles,
        {{ dollars('base_passenger_fare') }} as fare_amount,
        {{ dollars('tolls') }} as tolls_amount,
        {{ dollars('bcf') }} as black_car_fund_amount,
        {{ dollars('sales_tax') }} as sales_tax_amount,
        {{ dollars('congestion_surcharge') }} as congestion_surcharge_amount,
        {{ dollars('airport_fee') }} as airport_fee_amount,
        {{ dollars('cbd_congestion_fee') }} as cbd_congestion_fee_amount,
        {{ dollars('tips') }} as tip_amount,
        {{ dollars('driver_pay') }} as driver_pay_amount,
        -- TLC publishes the parts of what the passenger pays, not the total.
        {{ dollars('
            base_passenger_fare
            + coalesce(tolls, 0)
            + coalesce(bcf, 0)
            + coalesce(sales_tax, 0)
            + coalesce(congestion_surcharge, 0)
            + coalesce(airport_fee, 0)
            + coalesce(cbd_congestion_fee, 0)
            + coalesce(tips, 0)
        ') }} as total_amount

    from source

)

select * from renamed
