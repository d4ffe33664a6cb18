{# One row per hour from one time to another, both included. #}
{% macro hours_between(first, last) -%}
    {{ return(adapter.dispatch('hours_between')(first, last)) }}
{%- endmacro %}

{% macro duckdb__hours_between(first, last) -%}
    unnest(generate_series({{ first }}, {{ last }}, interval 1 hour))
{%- endmacro %}

{% macro spark__hours_between(first, last) -%}
    explode(sequence({{ first }}, {{ last }}, interval 1 hour))
{%- endmacro %}
