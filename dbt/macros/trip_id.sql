{#
  The id of a trip: a hash of its published content, its source and the month of its file. It is the
  same for unchanged content in every run, re-issued file and order of loading. row_hash includes
  the source; the number of the month (202401, less than 2^18) and that of the copy are combined
  with it by exclusive or.
#}
{% macro trip_id(trips) -%}
    {%- set month -%}
    extract(year from {{ trips }}.source_month) * 100 + extract(month from {{ trips }}.source_month)
    + cast({{ trips }}.copy_number as bigint) * 1048576
    {%- endset -%}
    {{ bitwise_xor(trips ~ '.row_hash', 'cast(' ~ month ~ ' as bigint)') }}
{%- endmacro %}
