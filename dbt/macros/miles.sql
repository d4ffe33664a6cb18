{# Published distances have two or three decimals: as decimals their sums are exact, in whatever order they are added. #}
{% macro miles(column) -%}
    cast({{ column }} as decimal(12, 3))
{%- endmacro %}
