{#
  A trip's identity: what was published of it, and in which month's file. The same for unchanged content whatever is
  loaded, re-issued or built again; the hash holds the source, the month's number (202401) is folded into it.
#}
{% macro trip_id(trips) -%}
    {%- set month = 'extract(year from ' ~ trips ~ '.source_month) * 100 + extract(month from ' ~ trips ~ '.source_month)' -%}
    {{ bitwise_xor(trips ~ '.row_hash', 'cast(' ~ month ~ ' as bigint)') }}
{%- endmacro %}
