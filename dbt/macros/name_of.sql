{# The English name of a date's day or month. #}
{% macro name_of(part, day) -%}
    {{ return(adapter.dispatch('name_of')(part, day)) }}
{%- endmacro %}

{% macro duckdb__name_of(part, day) -%}
    {{ part }}name({{ day }})
{%- endmacro %}
