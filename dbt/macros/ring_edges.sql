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
