{# A month some months later, or earlier if months is negative, as the date of its first day. #}
{% macro add_months(month, months) %}
    {%- set index = month.year * 12 + month.month - 1 + months -%}
    {{ return(modules.datetime.date(index // 12, index % 12 + 1, 1)) }}
{% endmacro %}
