{# The time in UTC, as a timestamp without time zone. #}
{% macro utc_now() -%}
    {{ return(adapter.dispatch('utc_now')()) }}
{%- endmacro %}

{% macro duckdb__utc_now() -%}
    cast(now() at time zone 'UTC' as timestamp)
{%- endmacro %}

{# The time zone of the session is UTC. #}
{% macro spark__utc_now() -%}
    cast(current_timestamp() as timestamp)
{%- endmacro %}
