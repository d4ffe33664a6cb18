{# A condition: whether the files of a source belong to months. #}
{% macro is_monthly(source) -%}
    {%- set static = declared_sources() | selectattr('is_static') | map(attribute='name') -%}
    {{ source }} not in ('{{ static | join("', '") }}')
{%- endmacro %}
