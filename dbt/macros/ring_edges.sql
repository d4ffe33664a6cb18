{# The edges of a ring, a list of points [x, y] whose last is the first again: a list of x1, y1, x2, y2. #}
{% macro ring_edges(ring) -%}
    {{ return(adapter.dispatch('ring_edges')(ring)) }}
{%- endmacro %}

{% macro duckdb__ring_edges(ring) -%}
    list_transform(
        range(1, len({{ ring }})),
        lambda i: {'x1': {{ ring }}[i][1], 'y1': {{ ring }}[i][2], 'x2': {{ ring }}[i + 1][1], 'y2': {{ ring }}[i + 1][2]}
    )
{%- endmacro %}
