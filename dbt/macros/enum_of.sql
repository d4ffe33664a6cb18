{# The type of a column that holds few values: a byte in each row where the engine has enums. #}
{% macro enum_of(values) -%}
    {{ return(adapter.dispatch('enum_of')(values | unique)) }}
{%- endmacro %}

{% macro duckdb__enum_of(values) -%}
    enum ('{{ values | join("', '") }}')
{%- endmacro %}
