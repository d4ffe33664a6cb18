{#
  For dbt.safe_cast, which unit tests use for the values of their rows. dbt-spark 1.11.0 removes the
  quotes of lists (2026-11), such as '[[1.0, 2.0]]'.
#}
{% macro spark__safe_cast(field, type) -%}
    {%- if type.startswith('array') and field is string and field.startswith("'") -%}
        from_json({{ field }}, '{{ type }}')
    {%- else -%}
        cast({{ field }} as {{ type }})
    {%- endif -%}
{%- endmacro %}
