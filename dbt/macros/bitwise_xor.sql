{# The bitwise exclusive or of two whole numbers. #}
{% macro bitwise_xor(left, right) -%}
    {{ return(adapter.dispatch('bitwise_xor')(left, right)) }}
{%- endmacro %}

{% macro duckdb__bitwise_xor(left, right) -%}
    xor({{ left }}, {{ right }})
{%- endmacro %}

{% macro spark__bitwise_xor(left, right) -%}
    ({{ left }} ^ {{ right }})
{%- endmacro %}
