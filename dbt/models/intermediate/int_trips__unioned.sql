{%- set zones = ['pickup_location_id', 'dropoff_location_id'] -%}
{%- set stations = ['start_station_id', 'end_station_id'] -%}
{%- set cab = zones + ['trip_distance_miles', 'fare_amount', 'tip_amount', 'total_amount'] -%}
{%- set trip_columns = {
    'pickup_location_id': 'integer',
    'dropoff_location_id': 'integer',
    'start_station_id': 'text',
    'end_station_id': 'text',
    'trip_distance_miles': 'decimal(18, 3)',
    'passenger_count': 'integer',
    'payment_type': 'integer',
    'fare_amount': 'decimal(18, 2)',
    'tip_amount': 'decimal(18, 2)',
    'total_amount': 'decimal(18, 2)',
    'member_type': 'text',
    'rideable_type': 'text',
} -%}
{%- set known = {
    'pickup_location_id': 'coalesce(pickup_location_id, ' ~ var('unknown_zone_id') ~ ')',
    'dropoff_location_id': 'coalesce(dropoff_location_id, ' ~ var('unknown_zone_id') ~ ')',
} -%}
{#- A ride that stands in two files is known by its whole content, or by its id where it has one. -#}
{%- set feeds = [
    {'model': 'stg_tlc__yellow_taxi', 'trip_type': 'yellow_taxi', 'gives': cab + ['passenger_count', 'payment_type']},
    {'model': 'stg_tlc__green_taxi', 'trip_type': 'green_taxi', 'gives': cab + ['passenger_count', 'payment_type']},
    {'model': 'stg_tlc__fhv_taxi', 'trip_type': 'fhv', 'gives': zones},
    {'model': 'stg_tlc__hvfhv_taxi', 'trip_type': 'hvfhv', 'gives': cab},
    {'model': 'stg_citibike__trips', 'trip_type': 'citibike', 'gives': stations + ['member_type', 'rideable_type'], 'ride': 'ride_fingerprint'},
] -%}

with

{% for feed in feeds %}

{{ feed.trip_type }} as (

    select
        source,
        source_month,
        source_row,
        '{{ feed.trip_type }}' as trip_type,
        pickup_datetime,
        dropoff_datetime,
        {% for column, type in trip_columns.items() %}
        cast({{ known.get(column, column) if column in feed.gives else 'null' }} as {{ type }}) as {{ column }},
        {% endfor %}
        row_hash,
        row_fingerprint,
        {{ feed.get('ride', 'row_fingerprint') }} as ride_fingerprint

    from {{ ref(feed.model) }}

){{ ',' if not loop.last }}

{% endfor %}

{% for feed in feeds %}
select * from {{ feed.trip_type }}
{{ 'union all' if not loop.last }}
{% endfor %}
