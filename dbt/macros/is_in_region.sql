{# Whether a position is within the region in which bikes can be ridden. #}
{% macro is_in_region(latitude, longitude) -%}
    {%- set south, north = var('region_latitudes') -%}
    {%- set west, east = var('region_longitudes') -%}
    {{ latitude }} between {{ south }} and {{ north }}
    and {{ longitude }} between {{ west }} and {{ east }}
{%- endmacro %}
