{#
  A condition on the times of trips that the files of two months may share, where a run builds one
  of these months: those around the beginning of the later one. One second more, because the times
  of a trip may differ by that (see is_same_second). The times are literals, so that DuckDB skips
  the row groups of other days: a month of 5.6 million trips takes 0.5 CPU s instead of 2.0
  (2026-11).
#}
{% macro in_shared_days(column) -%}
    {%- set days = modules.datetime.timedelta(days=var('days_outside_file_month')) -%}
    {%- set intervals = [] -%}
    {%- for text in months_to_build(after=1) -%}
        {%- set begin = modules.datetime.datetime.fromisoformat(text) -%}
        {%- set first = begin - days - modules.datetime.timedelta(seconds=1) -%}
        {%- do intervals.append([
            "cast('" ~ first ~ "' as timestamp)", "cast('" ~ (begin + days) ~ "' as timestamp)"
        ]) -%}
    {%- endfor -%}
    {%- if intervals -%} {{ in_intervals(column, intervals) }}
    {%- else -%} true
    {%- endif -%}
{%- endmacro %}
