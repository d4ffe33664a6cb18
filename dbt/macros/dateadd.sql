{#
  For dbt.dateadd, always with a timestamp as result. dbt-spark's own drops fractions of seconds,
  and fails for a null (dbt-spark 1.11.0, 2026-11).
#}
{% macro spark__dateadd(datepart, interval, from_date_or_timestamp) -%}
    {%- set intervals = {
        'month': 'make_ym_interval(0, {})',
        'day': 'make_dt_interval({})',
        'hour': 'make_dt_interval(0, {})',
        'second': 'make_dt_interval(0, 0, 0, {})',
    } -%}
    (cast({{ from_date_or_timestamp }} as timestamp) + {{ intervals[datepart].format(interval) }})
{%- endmacro %}
