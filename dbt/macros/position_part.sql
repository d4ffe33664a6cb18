{#
  The latitude or the longitude (part) of a published position. It is null if the position is
  outside of the region in which bikes can be ridden, such as 0, 0, which stands for an unknown one.
  A latitude and a longitude that are exchanged are put right.
#}
{% macro position_part(part, latitude, longitude) -%}
    {%- set pair = [latitude, longitude] if part == 'latitude' else [longitude, latitude] -%}
    case
        when {{ is_in_region(latitude, longitude) }} then {{ pair[0] }}
        when {{ is_in_region(longitude, latitude) }} then {{ pair[1] }}
    end
{%- endmacro %}
