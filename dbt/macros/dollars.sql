{# Published amounts are floating point, cents in truth: as decimals their sums are exact, in whatever order they are added. #}
{% macro dollars(column) -%}
    {{ to_number(column, 'decimal(18, 2)') }}
{%- endmacro %}
