{# The trip type of a source; null for a source that has no trips. #}
{% macro trip_type_of(source) -%}
    case {{ source }}
        {% for one in trip_sources() -%}
        when '{{ one.name }}' then '{{ one.trip_type }}'
        {% endfor -%}
    end
{%- endmacro %}
