{# A condition on the rows of the months that this run replaces: literals, so that DuckDB skips the row groups of other months. #}
{% macro in_months(column) -%}
    {%- set months = months_to_build() -%}
    {%- if not months -%} true
    {%- else -%} {{ column }} in ({% for month in months %}cast('{{ month }}' as date){{ ', ' if not loop.last }}{% endfor %})
    {%- endif -%}
{%- endmacro %}
