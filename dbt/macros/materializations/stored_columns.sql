{# The columns of the model's contract in the order in which its table has them. #}
{% macro stored_columns() %}
    {{ return(adapter.dispatch('stored_columns')(model['columns'].keys() | list)) }}
{% endmacro %}

{% macro default__stored_columns(columns) %}
    {{ return(columns) }}
{% endmacro %}

{# Spark puts the columns of partitions behind all others. #}
{% macro spark__stored_columns(columns) %}
    {%- set partition = ['source_month'] if config.get('materialized') == 'monthly' else [] -%}
    {{ return(columns | reject('in', partition) | list + partition) }}
{% endmacro %}
