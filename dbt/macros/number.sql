{# A published number as a type; null where it is none (NaN, infinite): one such value in a file must not stop its month. #}
{% macro number(value, type) -%}
    {{ return(adapter.dispatch('number')(value, type)) }}
{%- endmacro %}

{% macro default__number(value, type) -%}
    {{ return(dbt.safe_cast(value, type)) }}
{%- endmacro %}
