{# A published number as a type; null where it is none (NaN, infinite): one such value in a file must not stop its month. #}
{% macro to_number(value, type) -%}
    {{ return(adapter.dispatch('to_number')(value, type)) }}
{%- endmacro %}

{# Not dbt.safe_cast: of DuckDB that is a plain cast (dbt-duckdb 1.11.1). #}
{% macro duckdb__to_number(value, type) -%}
    try_cast({{ value }} as {{ type }})
{%- endmacro %}

{% macro default__to_number(value, type) -%}
    {{ return(dbt.safe_cast(value, type)) }}
{%- endmacro %}
