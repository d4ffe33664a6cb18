{# The type of a column with few values: one byte per row on engines that have enums. #}
{% macro enum_type(values) -%}
    {{ return(adapter.dispatch('enum_type')(values | unique)) }}
{%- endmacro %}

{% macro duckdb__enum_type(values) -%}
    enum ('{{ values | join("', '") }}')
{%- endmacro %}
