{%- set published = {
    'texts': [
        'ride_id', 'rideable_type', 'start_station_name', 'start_station_id', 'end_station_name',
        'end_station_id', 'member_casual',
    ],
    'integers': ['tripduration', 'bikeid', 'gender'],
    'fractions': ['birth year'],
    'degrees': ['start_lat', 'start_lng', 'end_lat', 'end_lng'],
    'times': ['started_at', 'ended_at'],
} -%}

with new_york as (

    select * from {{ ref('base_citibike__new_york') }}

),

jersey_city as (

    select * from {{ ref('base_citibike__jersey_city') }}

),

both_cities as (

    select * from new_york
    union all
    select * from jersey_city

),

renamed as (

    select
        source,
        source_month,
        source_row,
        {{ row_hash('source', **published) }} as row_hash,
        {{ row_fingerprint(**published) }} as row_fingerprint,
        -- Legacy rides have no id.
        case
            when ride_id is null then {{ row_fingerprint(**published) }}
            else {{ row_fingerprint(texts=['ride_id']) }}
        end as ride_fingerprint,
        ride_id,
        rideable_type,
        started_at as pickup_datetime,
        {{ dropoff_time('ended_at') }} as dropoff_datetime,
        {{ station_id('start_station_id', 'ride_id', 'source') }} as start_station_id,
        start_station_name,
        {{ position_part('latitude', 'start_lat', 'start_lng') }} as start_latitude,
        {{ position_part('longitude', 'start_lat', 'start_lng') }} as start_longitude,
        {{ station_id('end_station_id', 'ride_id', 'source') }} as end_station_id,
        end_station_name,
        {{ position_part('latitude', 'end_lat', 'end_lng') }} as end_latitude,
        {{ position_part('longitude', 'end_lat', 'end_lng') }} as end_longitude,
        -- Legacy files have Subscriber and Customer.
        case
            when member_casual in ('member', 'Subscriber') then 'member'
            when member_casual in ('casual', 'Customer') then 'casual'
        end as member_type,
        bikeid as bike_id,
        {{ to_number(adapter.quote('birth year'), 'integer') }} as birth_year,
        gender as gender_id

    from both_cities

)

select * from renamed
