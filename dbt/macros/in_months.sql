{#
  A condition on the rows of this run's months, and of some months before and after each. The months
  are literals, so that DuckDB skips the row groups of other months.
#}
{% macro in_months(column, before=0, after=0) -%}
    {%- set dates = [] -%}
    {%- for month in months_to_build(before, after) -%}
        {%- do dates.append("cast('" ~ month ~ "' as date)") -%}
    {%- endfor -%}
    {%- if dates -%} {{ column }} in ({{ dates | join(', ') }})
    {%- else -%} true
    {%- endif -%}
{%- endmacro %}
