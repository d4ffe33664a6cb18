{# Microseconds since 1970-01-01 00:00 of a timestamp without time zone. #}
{% macro epoch_microseconds(timestamp) -%}
    {{ return(adapter.dispatch('epoch_microseconds')(timestamp)) }}
{%- endmacro %}

{% macro duckdb__epoch_microseconds(timestamp) -%}
    epoch_us({{ timestamp }})
{%- endmacro %}

{# unix_micros takes a timestamp of the session's time zone, which is UTC. #}
{% macro spark__epoch_microseconds(timestamp) -%}
    unix_micros(cast({{ timestamp }} as timestamp_ltz))
{%- endmacro %}
