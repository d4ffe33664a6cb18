{# Aggregate: the median of the values that are not null, as a double. #}
{% macro median(value) -%}
    {{ return(adapter.dispatch('median')(value)) }}
{%- endmacro %}

{% macro default__median(value) -%}
    percentile_cont(0.5) within group (order by cast({{ value }} as double))
{%- endmacro %}

{% macro duckdb__median(value) -%}
    median(cast({{ value }} as double))
{%- endmacro %}
