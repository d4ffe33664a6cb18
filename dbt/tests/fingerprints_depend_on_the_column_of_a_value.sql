-- The same value in another column, or no value at all, gives another fingerprint. Spark's xxhash64
-- skips nulls.
{{ config(tags=['on_request']) }}

{%- set rows = [
    ('null', '7', 'null'),
    ('null', 'null', '7'),
    ('null', 'null', 'null'),
    ("'a'", '7', 'null'),
    ("'a'", 'null', '7'),
    ("''", 'null', 'null'),
] -%}

with rows_of_different_content as (

    {% for base_id, pickup_id, dropoff_id in rows %}
    select
        {{ loop.index }} as id,
        cast({{ base_id }} as {{ dbt.type_string() }}) as base_id,
        cast({{ pickup_id }} as integer) as pickup_id,
        cast({{ dropoff_id }} as integer) as dropoff_id
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

hashed as (

    select
        id,
        {{ row_fingerprint(texts=['base_id'], integers=['pickup_id', 'dropoff_id']) }}
            as fingerprint
    from rows_of_different_content

)

select
    earlier.id as earlier_id,
    later.id as later_id

from hashed as earlier
inner join hashed as later
    on
        earlier.fingerprint = later.fingerprint
        and earlier.id < later.id
