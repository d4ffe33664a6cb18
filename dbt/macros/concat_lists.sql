{# Aggregate: the lists of a group as one list, in the order of another column. #}
{% macro concat_lists(list, order) -%}
    {{ return(adapter.dispatch('concat_lists')(list, order)) }}
{%- endmacro %}

{% macro duckdb__concat_lists(list, order) -%}
    flatten(list({{ list }} order by {{ order }}))
{%- endmacro %}
