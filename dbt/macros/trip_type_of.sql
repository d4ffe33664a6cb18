{# The type of a source's trips; null of a source that has none. #}
{% macro trip_type_of(source) -%}
    case {{ source }}
        {% for name, trip_type in var('trip_sources').items() -%}
        when '{{ name }}' then '{{ trip_type }}'
        {% endfor -%}
    end
{%- endmacro %}
