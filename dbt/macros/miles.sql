{# Published distances have two or three decimals: as decimals their sums are exact, in whatever order they are added. #}
{% macro miles(column) -%}
    {{ to_number(column, 'decimal(18, 3)') }}
{%- endmacro %}
