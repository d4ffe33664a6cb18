{# The ISO day of the week, 1 (Monday) to 7 (Sunday). #}
{% macro day_of_week(day) -%}
    {{ return(adapter.dispatch('day_of_week')(day)) }}
{%- endmacro %}

{% macro duckdb__day_of_week(day) -%}
    cast(extract(isodow from {{ day }}) as smallint)
{%- endmacro %}

{% macro spark__day_of_week(day) -%}
    cast(weekday({{ day }}) + 1 as smallint)
{%- endmacro %}
