{# The type of a column that holds few values: a byte in each row where the engine has enums. #}
{% macro enum_type(values) -%}
    {{ return(adapter.dispatch('enum_type')(values | unique)) }}
{%- endmacro %}

{% macro duckdb__enum_type(values) -%}
    enum ('{{ values | join("', '") }}')
{%- endmacro %}
