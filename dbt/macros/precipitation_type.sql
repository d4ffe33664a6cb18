{#
  The type of precipitation in an hour: none, rain, snow or mixed. Null if it is not known: a
  missing amount is not 0.
#}
{% macro precipitation_type(hour) -%}
    case
        when {{ hour }}.rain_mm > 0 and {{ hour }}.snowfall_cm > 0 then 'mixed'
        when {{ hour }}.snowfall_cm > 0 then 'snow'
        when
            {{ hour }}.snowfall_cm = 0
            and ({{ hour }}.rain_mm > 0 or {{ hour }}.precipitation_mm > 0)
            then 'rain'
        when {{ hour }}.precipitation_mm = 0 then 'none'
    end
{%- endmacro %}
