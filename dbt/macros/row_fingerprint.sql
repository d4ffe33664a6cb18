{#
  Distinguishes rows of different content within one run: the values of row_hash at a small part of
  its cost. Must not be stored: the engine's hash may change with its version.
#}
{% macro row_fingerprint() -%}
    {{ return(adapter.dispatch('row_fingerprint')(hashable_values(**kwargs))) }}
{%- endmacro %}

{% macro duckdb__row_fingerprint(values) -%}
    hash({{ values | join(', ') }})
{%- endmacro %}
