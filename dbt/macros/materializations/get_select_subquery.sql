{#
  For tables with a contract: their columns, of which those that must not be null raise an error if
  they are. Tables of Parquet files have no constraints.
#}
{% macro spark__get_select_subquery(sql) -%}
    select
        {%- for column in stored_columns() %}
        {%- set constraints = model.columns[column].constraints | map(attribute='type') | list %}
        {%- if 'not_null' in constraints %}
        coalesce({{ column }}, raise_error('{{ this }}: {{ column }} is null')) as {{ column }}
        {%- else %}
        {{ column }}
        {%- endif %}{{ ',' if not loop.last }}
        {%- endfor %}
    from ({{ sql }}) as model_subq
{%- endmacro %}
