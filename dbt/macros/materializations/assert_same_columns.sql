{#
  Raises MOBILITY-REBUILD if a monthly table was created under another contract: rows of the new
  contract do not fit beside its other months.
#}
{% macro assert_same_columns(relation) %}
    {%- set types = {} -%}
    {%- for column in get_column_schema_from_query(get_empty_schema_sql(model['columns'])) -%}
        {%- do types.update({column.name: column.dtype | lower}) -%}
    {%- endfor -%}
    {%- set declared = [] -%}
    {%- for name in stored_columns() -%}
        {%- do declared.append(name ~ ' ' ~ types[name]) -%}
    {%- endfor -%}
    {%- set existing = [] -%}
    {%- for column in adapter.get_columns_in_relation(relation) -%}
        {%- do existing.append(column.name ~ ' ' ~ column.dtype | lower) -%}
    {%- endfor -%}
    {%- if declared != existing -%}
        {%- do raise_rebuild_needed(
            'the columns of ' ~ relation ~ ' differ from its contract (only in the table: '
            ~ existing | reject('in', declared) | join(', ') ~ '; only in the contract: '
            ~ declared | reject('in', existing) | join(', ') ~ ')'
        ) -%}
    {%- endif -%}
{% endmacro %}
