{# Every hour from one time to another, both included: a row for each. #}
{% macro hours_between(first, last) -%}
    {{ return(adapter.dispatch('hours_between')(first, last)) }}
{%- endmacro %}

{% macro duckdb__hours_between(first, last) -%}
    unnest(generate_series({{ first }}, {{ last }}, interval 1 hour))
{%- endmacro %}
