{# Aggregate: the lists of a group as one list, in the order of another column. #}
{% macro concat_lists(list, order) -%}
    {{ return(adapter.dispatch('concat_lists')(list, order)) }}
{%- endmacro %}

{% macro duckdb__concat_lists(list, order) -%}
    flatten(list({{ list }} order by {{ order }}))
{%- endmacro %}

{% macro spark__concat_lists(list, order) -%}
    flatten(
        transform(
            array_sort(collect_list(named_struct('position', {{ order }}, 'list', {{ list }}))),
            of_group -> of_group.list
        )
    )
{%- endmacro %}
