{#
  Overrides dbt's macro, so that a data test can say where: __in_months__ and reads only the months
  of this run, or __in_hours__ for their hours and those around them, by the column local_hour. The
  time of a month must not grow with the warehouse, and properties cannot call macros.
  https://docs.getdbt.com/reference/resource-configs/where#custom-logic
#}
{% macro get_where_subquery(relation) -%}
    {%- set where = config.get('where') or '' -%}
    {%- set where = where | replace('__in_months__', in_months('source_month')) -%}
    {%- set where = where | replace('__in_hours__', in_hours_of_months('local_hour')) -%}
    {%- if where -%}
        {{ return('(select * from ' ~ relation ~ ' where ' ~ where ~ ') as of_this_run') }}
    {%- else -%}
        {{ return(relation) }}
    {%- endif -%}
{%- endmacro %}
