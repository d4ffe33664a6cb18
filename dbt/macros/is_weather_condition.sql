{# Whether an effect is one of weather_effects. #}
{% macro is_weather_condition(column) -%}
    {{ column }} in ('{{ var("weather_conditions") | join("', '") }}')
{%- endmacro %}
