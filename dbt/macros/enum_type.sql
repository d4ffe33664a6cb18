{# The type of a column with few values: one byte per row on engines that have enums. #}
{% macro enum_type(values) -%}
    {{ return(adapter.dispatch('enum_type')(values | unique)) }}
{%- endmacro %}

{% macro duckdb__enum_type(values) -%}
    enum ('{{ values | join("', '") }}')
{%- endmacro %}

{# Spark has no enums. Its Parquet files store each value once per row group, which is as small. #}
{% macro spark__enum_type(values) -%}
    string
{%- endmacro %}
