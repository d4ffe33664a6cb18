{%- set trip_columns = {
    'pickup_location_id': 'integer',
    'dropoff_location_id': 'integer',
    'bike_id': 'integer',
    'start_station_id': dbt.type_string(),
    'start_station_name': dbt.type_string(),
    'start_latitude': 'double',
    'start_longitude': 'double',
    'end_station_id': dbt.type_string(),
    'end_station_name': dbt.type_string(),
    'end_latitude': 'double',
    'end_longitude': 'double',
    'trip_distance_miles': 'decimal(18, 3)',
    'passenger_count': 'integer',
    'payment_type': 'integer',
    'fare_amount': 'decimal(18, 2)',
    'tip_amount': 'decimal(18, 2)',
    'total_amount': 'decimal(18, 2)',
    'member_type': dbt.type_string(),
    'rideable_type': dbt.type_string(),
} -%}
{%- set if_null = {
    'pickup_location_id': var('unknown_zone_id'),
    'dropoff_location_id': var('unknown_zone_id'),
} -%}
{%- set trip_types = trip_staging_models() -%}

with

{% for model in trip_types %}
{{ model }} as (

    select * from {{ ref(model) }}

),

{% endfor %}

{% for model, trip_type in trip_types.items() %}
{%- set published = columns_of(ref(model)) -%}

{{ trip_type }}_trips as (

    select
        source,
        source_month,
        source_row,
        '{{ trip_type }}' as trip_type,
        pickup_datetime,
        dropoff_datetime,
        {% for column, type in trip_columns.items() %}
        {%- if column not in published -%}
        cast(null as {{ type }}) as {{ column }},
        {%- elif column in if_null -%}
        cast(coalesce({{ column }}, {{ if_null[column] }}) as {{ type }}) as {{ column }},
        {%- else -%}
        cast({{ column }} as {{ type }}) as {{ column }},
        {%- endif %}
        {% endfor -%}
        row_hash,
        row_fingerprint,
        -- A ride in two files is recognized by its id, or by its content if it has none.
        {{ 'ride_fingerprint' if 'ride_fingerprint' in published else 'row_fingerprint' }}
        as ride_fingerprint

    from {{ model }}

),

{% endfor %}

final as (

    {% for trip_type in trip_types.values() %}
    select * from {{ trip_type }}_trips
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from final
