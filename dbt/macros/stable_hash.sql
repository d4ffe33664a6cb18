{#
  The lower half of a text's MD5 as a signed bigint. hash() is faster, but may change with the
  version of DuckDB; Spark has no unsigned integers. md5_number takes a third of the time of
  md5_number_lower, which has an implementation of its own (DuckDB 2.0.0, 2026-11).
#}
{% macro stable_hash(text) -%}
    {{ return(adapter.dispatch('stable_hash')(text)) }}
{%- endmacro %}

{% macro duckdb__stable_hash(text) -%}
    cast(cast(md5_number({{ text }}) >> 64 as hugeint) - 9223372036854775808 as bigint)
{%- endmacro %}

{#
  conv reads the last eight bytes, in reverse order, as a signed number (to base -10). To flip its
  highest bit is the same as to subtract 2^63 from the unsigned one.
#}
{% macro spark__stable_hash(text) -%}
    {%- set bytes = '^.{16}' ~ '(..)' * 8 ~ '$' -%}
    cast(
        conv(regexp_replace(md5({{ text }}), '{{ bytes }}', '$8$7$6$5$4$3$2$1'), 16, -10) as bigint
    ) ^ -9223372036854775808L
{%- endmacro %}
