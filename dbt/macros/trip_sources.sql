{# The declared sources of trips. #}
{% macro trip_sources() %}
    {{ return(declared_sources() | selectattr('trip_type') | list) }}
{% endmacro %}
