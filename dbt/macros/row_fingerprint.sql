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

{# xxhash64 skips nulls: (null, 1) and (1, null) would be equal without what isnull adds. #}
{% macro spark__row_fingerprint(values) -%}
    xxhash64(
        {%- for value in values %}
        {{ value }}, isnull({{ value }}){{ ',' if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}
