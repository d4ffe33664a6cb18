{#
  The lower half of a text's MD5 as a signed bigint. hash() is faster, but may change with the
  version of DuckDB; Spark has no unsigned integers.
#}
{% macro stable_hash(text) -%}
    {{ return(adapter.dispatch('stable_hash')(text)) }}
{%- endmacro %}

{% macro duckdb__stable_hash(text) -%}
    cast(cast(md5_number_lower({{ text }}) as hugeint) - 9223372036854775808 as bigint)
{%- endmacro %}
