{# One row per hour, or another unit, from one time to another, both included. #}
{% macro times_between(first, last, unit='hour') -%}
    {{ return(adapter.dispatch('times_between')(first, last, unit)) }}
{%- endmacro %}

{% macro duckdb__times_between(first, last, unit) -%}
    unnest(generate_series({{ first }}, {{ last }}, interval 1 {{ unit }}))
{%- endmacro %}

{% macro spark__times_between(first, last, unit) -%}
    explode(sequence({{ first }}, {{ last }}, interval 1 {{ unit }}))
{%- endmacro %}
