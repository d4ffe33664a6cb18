{# Stops before a month is put into a table that was made by another contract: its other months would not fit beside it. #}
{% macro assert_same_columns(relation) %}
    {%- set wanted = [] -%}
    {%- for column in get_column_schema_from_query(get_empty_schema_sql(model['columns'])) -%}
        {%- do wanted.append(column.name ~ ' ' ~ column.dtype | lower) -%}
    {%- endfor -%}
    {%- set found = [] -%}
    {%- for column in adapter.get_columns_in_relation(relation) -%}
        {%- do found.append(column.name ~ ' ' ~ column.dtype | lower) -%}
    {%- endfor -%}
    {%- if wanted != found -%}
        {%- do exceptions.raise_compiler_error(
            relation ~ ' was built with other columns than its contract now has (only there: '
            ~ found | reject('in', wanted) | join(', ') ~ '; only in the contract: ' ~ wanted | reject('in', found) | join(', ')
            ~ '); build all months anew'
        ) -%}
    {%- endif -%}
{% endmacro %}
