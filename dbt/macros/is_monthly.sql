{# Whether a source's files belong to months; the zones' are one for all. #}
{% macro is_monthly(source) -%}
    {{ source }} not in ('{{ var("static_sources") | join("', '") }}')
{%- endmacro %}
