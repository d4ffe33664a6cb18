{# UTC converted to New York local time. #}
{% macro to_new_york(utc_timestamp) -%}
    {{ return(adapter.dispatch('to_new_york')(utc_timestamp)) }}
{%- endmacro %}

{% macro duckdb__to_new_york(utc_timestamp) -%}
    timezone('America/New_York', timezone('UTC', {{ utc_timestamp }}))
{%- endmacro %}

{% macro spark__to_new_york(utc_timestamp) -%}
    convert_timezone('UTC', 'America/New_York', {{ utc_timestamp }})
{%- endmacro %}
