{# Spark: drops the partitions of months, those that exist. #}
{% macro drop_months(relation, months) %}
    {%- set partitions = [] -%}
    {%- for month in months -%}
        {%- do partitions.append("partition (source_month = date '" ~ month ~ "')") -%}
    {%- endfor -%}
    {%- do run_query(
        'alter table ' ~ relation ~ ' drop if exists ' ~ partitions | join(', ')
    ) -%}
{% endmacro %}
