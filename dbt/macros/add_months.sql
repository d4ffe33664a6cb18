{# The first day of the month that lies so many months after (or, below 0, before) a month given by its first day. #}
{% macro add_months(month, distance) %}
    {%- set number = month.year * 12 + month.month - 1 + distance -%}
    {{ return(modules.datetime.date(number // 12, number % 12 + 1, 1)) }}
{% endmacro %}
