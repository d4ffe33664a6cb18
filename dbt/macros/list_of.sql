{# A list of constants. #}
{% macro list_of(values) -%}
    {{ return(adapter.dispatch('list_of')(values | join(', '))) }}
{%- endmacro %}

{% macro duckdb__list_of(values) -%}
    [{{ values }}]
{%- endmacro %}

{% macro spark__list_of(values) -%}
    array({{ values }})
{%- endmacro %}
