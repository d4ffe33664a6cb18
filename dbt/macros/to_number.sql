{#
  A published number as another type, null if it has no value there (NaN, infinite). One such value
  in a file must not fail its month.
#}
{% macro to_number(value, type) -%}
    {{ return(adapter.dispatch('to_number')(value, type)) }}
{%- endmacro %}

{# Not dbt.safe_cast, which dbt-duckdb 1.11.1 renders as a plain cast. #}
{% macro duckdb__to_number(value, type) -%}
    try_cast({{ value }} as {{ type }})
{%- endmacro %}

{% macro default__to_number(value, type) -%}
    {{ return(dbt.safe_cast(value, type)) }}
{%- endmacro %}
