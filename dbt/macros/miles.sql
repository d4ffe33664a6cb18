{#
  A published distance as a decimal. Files have floating-point numbers of two or three decimals;
  sums of decimals are exact in any order.
#}
{% macro miles(column) -%}
    {{ to_number(column, 'decimal(18, 3)') }}
{%- endmacro %}
