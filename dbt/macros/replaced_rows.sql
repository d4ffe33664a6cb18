{#
  A condition on the rows of a monthly table that a run replaces. The model selects them, and the
  materialization deletes them. They are the rows of the months to build or, if the model's meta has
  a reach, of the month after each as well (month_after), of all hours in which trips of these
  months' files may begin (hours), or of the hours that these files may describe (utc_hours).
#}
{% macro replaced_rows(reach=none) -%}
    {%- if reach == 'month_after' -%} {{ in_months('source_month', after=1) }}
    {%- elif reach == 'hours' -%} {{ in_hours_of_months('hour_timestamp') }}
    {%- elif reach == 'utc_hours' -%} {{ replaced_hours('utc_hour') }}
    {%- else -%} {{ in_months('source_month') }}
    {%- endif -%}
{%- endmacro %}
