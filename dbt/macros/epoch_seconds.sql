{# Whole seconds since 1970-01-01 00:00 of a timestamp without time zone. #}
{% macro epoch_seconds(timestamp) -%}
    cast(floor({{ epoch_microseconds(timestamp) }} / 1e6) as bigint)
{%- endmacro %}
