{# Published amounts are floating point, cents in truth: as decimals their sums are exact, in whatever order they are added. #}
{% macro dollars(column) -%}
    cast({{ column }} as decimal(12, 2))
{%- endmacro %}
