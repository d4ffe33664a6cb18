{#
  The columns that a table of DuckDB computes from others when they are read, with their
  expressions: a model names them in its meta (computed). Facts take a seventh less space by it
  (2026-11). The model selects them as well, by the same expressions: an engine without such
  columns stores them.
#}
{% macro computed_columns() %}
    {{ return(config.get('meta', {}).get('computed', {})) }}
{% endmacro %}

{# The columns of the contract with their types and constraints, as create table has them. #}
{% macro column_definitions() -%}
    {%- set computed = computed_columns() -%}
    {%- set names = model['columns'].keys() | list -%}
    (
        {%- for column in adapter.render_raw_columns_constraints(model['columns']) %}
        {{ column }}
        {%- if names[loop.index0] in computed %}
        generated always as ({{ computed[names[loop.index0]] }}) virtual
        {%- endif %}{{ ',' if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}

{# The computed columns of a table, with the expressions as DuckDB writes them. #}
{% macro computed_in(schema, table) %}
    {%- set columns = run_query(
        "select column_name, column_default from duckdb_columns() where schema_name = '" ~ schema
        ~ "' and table_name = '" ~ table ~ "' and column_default is not null"
    ) -%}
    {{ return(dict(columns.rows | map('list'))) }}
{% endmacro %}

{# Raises MOBILITY-REBUILD if a table computes columns by other expressions than the model. #}
{% macro assert_same_expressions(relation, computed) %}
    {%- set declared = relation.identifier ~ '__declared' -%}
    {%- do run_query('create or replace temp table ' ~ declared ~ column_definitions()) -%}
    {%- if computed_in('main', declared) != computed -%}
        {%- do raise_rebuild_needed(relation ~ ' computes columns by other expressions') -%}
    {%- endif -%}
    {%- do run_query('drop table ' ~ declared) -%}
{% endmacro %}

{#
  The columns to insert into a table; relation is none if the table is new. A table of an earlier
  version stores all of them.
#}
{% macro inserted_columns(relation) %}
    {%- if relation is none -%}
        {%- set computed = computed_columns() -%}
    {%- else -%}
        {%- set computed = computed_in(relation.schema, relation.identifier) -%}
        {%- if computed -%} {%- do assert_same_expressions(relation, computed) -%} {%- endif -%}
    {%- endif -%}
    {{ return(model['columns'].keys() | reject('in', computed.keys() | list) | list) }}
{% endmacro %}
