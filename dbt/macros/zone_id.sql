{# A published id of a taxi zone; null for 0, which stands for an unknown zone. #}
{% macro zone_id(column) -%}
    nullif({{ column }}, 0)
{%- endmacro %}
