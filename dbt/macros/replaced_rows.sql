{#
  A condition on the rows of a monthly table that a run replaces, for the model to select and the materialization to
  delete: those of the months to build or, where the model's meta says that it reaches further, of the month after each
  as well ('month_after'), or of all the hours that their trips began in ('hours').
#}
{% macro replaced_rows(reach=none) -%}
    {%- if reach == 'month_after' -%} {{ in_months('source_month', after=1) }}
    {%- elif reach == 'hours' -%} {{ in_hours_of_months('hour_timestamp') }}
    {%- else -%} {{ in_months('source_month') }}
    {%- endif -%}
{%- endmacro %}
