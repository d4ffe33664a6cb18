{# The staging models of the sources of trips, each with the type of its trips. #}
{% macro trip_staging_models() %}
    {%- set trip_types = {} -%}
    {%- for source in trip_sources() -%}
        {%- do trip_types.update({source.staging_model: source.trip_type}) -%}
    {%- endfor -%}
    {{ return(trip_types) }}
{% endmacro %}
