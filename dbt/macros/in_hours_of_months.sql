{#
  A condition on the hours of this run's months, and of some days before and after each: by default
  the day in which trips in its files may begin as well.
#}
{% macro in_hours_of_months(column, days=none) -%}
    {%- set margin = modules.datetime.timedelta(days=days or var('days_outside_file_month')) -%}
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
