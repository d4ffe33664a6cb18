{#
  A condition on the hours in which trips in the files of this run's months may begin: those of each
  month and of a day before and after it.
#}
{% macro in_hours_of_months(column) -%}
    {%- set margin = modules.datetime.timedelta(days=var('days_outside_file_month')) -%}
    {%- set conditions = [] -%}
    {%- for text in months_to_build() -%}
        {%- set month = modules.datetime.date.fromisoformat(text) -%}
        {%- set first, last = month - margin, add_months(month, 1) + margin -%}
        {%- do conditions.append(
            column ~ " >= cast('" ~ first ~ "' as timestamp) and "
            ~ column ~ " < cast('" ~ last ~ "' as timestamp)"
        ) -%}
    {%- endfor -%}
    {%- if conditions -%} (({{ conditions | join(') or (') }}))
    {%- else -%} true
    {%- endif -%}
{%- endmacro %}
