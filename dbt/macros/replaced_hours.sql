{#
  A condition on the rows of an hourly table (see hourly.sql) that a run replaces: those of the
  hours, in UTC, that its months' files can describe or that trips in them can begin in. The model
  selects them, and the materialization deletes them. They are within one more day than trips may
  be outside of the month; with the difference to New York's time, within two.

  With local_hour, a column of New York time, other hours are left out before they are converted:
  those of 15 years take 0.1 s (2026-11).
#}
{% macro replaced_hours(utc_hour, local_hour=none) %}
    {{- return(adapter.dispatch('replaced_hours')(utc_hour, local_hour)) -}}
{% endmacro %}

{% macro default__replaced_hours(utc_hour, local_hour) -%}
    {%- set days = var('days_outside_file_month') -%}
    {{ in_hours_of_months(utc_hour, days=days + 1) }}
    {%- if local_hour %} and {{ in_hours_of_months(local_hour, days=days + 2) }}
    {%- endif -%}
{%- endmacro %}

{# Spark writes hourly tables as a whole. #}
{% macro spark__replaced_hours(utc_hour, local_hour) -%} true {%- endmacro %}
