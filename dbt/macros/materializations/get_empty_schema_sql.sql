{#
  For dbt's check of contracts. Contracts have DuckDB's types, of which Spark has no varchar without
  a length, no enums and another notation of lists: double[] is array<double>.
#}
{% macro spark__get_empty_schema_sql(columns) -%}
    {%- set translated = {} -%}
    {%- for name, column in columns.items() -%}
        {%- set lists = column.data_type.count('[]') -%}
        {%- set type = column.data_type.replace('[]', '') -%}
        {%- set is_text = type == 'varchar' or type.startswith('enum') -%}
        {%- set type = 'array<' * lists ~ ('string' if is_text else type) ~ '>' * lists -%}
        {%- do translated.update({name: dict(column, data_type=type)}) -%}
    {%- endfor -%}
    {{ return(default__get_empty_schema_sql(translated)) }}
{%- endmacro %}
