{# Degrees Celsius converted to degrees Fahrenheit. #}
{% macro fahrenheit(celsius) -%}
    {{ celsius }} * 9 / 5 + 32
{%- endmacro %}
