{#
  A published amount as a decimal. Files have floating-point numbers; sums of decimals are exact in
  any order.
#}
{% macro dollars(column) -%}
    {{ to_number(column, 'decimal(18, 2)') }}
{%- endmacro %}
