{# For dbt.date_trunc. date_trunc returns a timestamp with the session's time zone. #}
{% macro spark__date_trunc(datepart, date) -%}
    cast(date_trunc('{{ datepart }}', {{ date }}) as timestamp)
{%- endmacro %}
