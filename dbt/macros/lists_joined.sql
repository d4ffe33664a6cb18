{# The lists of a group as one list, in the order of another column. #}
{% macro lists_joined(list, order) -%}
    {{ return(adapter.dispatch('lists_joined')(list, order)) }}
{%- endmacro %}

{% macro duckdb__lists_joined(list, order) -%}
    flatten(list({{ list }} order by {{ order }}))
{%- endmacro %}
