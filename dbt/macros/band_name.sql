{# The name of the band that holds a value: bands ascend by «below», the last has none; null stays null. #}
{% macro band_name(column, bands) -%}
    case
        {% for band in bands[:-1] -%}
        when {{ column }} < {{ band.below }} then '{{ band.name }}'
        {% endfor -%}
        when {{ column }} is not null then '{{ bands[-1].name }}'
    end
{%- endmacro %}
