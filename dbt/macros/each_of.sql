{# A row for each element of a list. #}
{% macro each_of(list) -%}
    {{ return(adapter.dispatch('each_of')(list)) }}
{%- endmacro %}

{% macro duckdb__each_of(list) -%}
    unnest({{ list }})
{%- endmacro %}
