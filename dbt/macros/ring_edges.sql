{#
  The edges of a ring, as a list of structs (x1, y1, x2, y2). A ring is a list of points [x, y]
  whose last point is its first.
#}
{% macro ring_edges(ring) -%}
    {{ return(adapter.dispatch('ring_edges')(ring)) }}
{%- endmacro %}

{% macro duckdb__ring_edges(ring) -%}
    list_transform(
        range(1, len({{ ring }})),
        lambda i: {
            'x1': {{ ring }}[i][1],
            'y1': {{ ring }}[i][2],
            'x2': {{ ring }}[i + 1][1],
            'y2': {{ ring }}[i + 1][2]
        }
    )
{%- endmacro %}

{# Spark counts the elements of a list from 0, but slice counts them from 1. #}
{% macro spark__ring_edges(ring) -%}
    transform(
        slice({{ ring }}, 1, greatest(size({{ ring }}) - 1, 0)),
        (point, i) -> named_struct(
            'x1', point[0],
            'y1', point[1],
            'x2', {{ ring }}[i + 1][0],
            'y2', {{ ring }}[i + 1][1]
        )
    )
{%- endmacro %}
