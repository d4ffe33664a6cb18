{#
  The name of the band that a value is in. Bands ascend by below; the last one has no upper bound.
  Null for null.
#}
{% macro band_name(column, bands) -%}
    case
        {% for band in bands[:-1] -%}
        when {{ column }} < {{ band.below }} then '{{ band.name }}'
        {% endfor -%}
        when {{ column }} is not null then '{{ bands[-1].name }}'
    end
{%- endmacro %}
