{# A UTC hour as the integer YYYYMMDDHH. #}
{% macro weather_key(utc_hour) -%}
    cast({{ date_key(utc_hour) }} * 100 + extract(hour from {{ utc_hour }}) as integer)
{%- endmacro %}
