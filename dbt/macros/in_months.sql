{#
  A condition on the rows of the months that this run replaces, and of so many months before and after each: literals, so
  that DuckDB skips the row groups of other months.
#}
{% macro in_months(column, before=0, after=0) -%}
    {%- set months = months_to_build(before, after) -%}
    {%- if not months -%} true
    {%- else -%} {{ column }} in ({% for month in months %}cast('{{ month }}' as date){{ ', ' if not loop.last }}{% endfor %})
    {%- endif -%}
{%- endmacro %}
