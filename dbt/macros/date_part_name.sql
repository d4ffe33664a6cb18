{# The English name of a date's day or month. #}
{% macro date_part_name(part, day) -%}
    {{ return(adapter.dispatch('date_part_name')(part, day)) }}
{%- endmacro %}

{% macro duckdb__date_part_name(part, day) -%}
    {{ part }}name({{ day }})
{%- endmacro %}

{% macro spark__date_part_name(part, day) -%}
    date_format({{ day }}, '{{ {"day": "EEEE", "month": "MMMM"}[part] }}')
{%- endmacro %}
