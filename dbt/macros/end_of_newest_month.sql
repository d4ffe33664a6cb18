{#
  For dbt source freshness: the end of a source's newest loaded month. A source is late if that is
  longer ago than a month and the publisher's usual lag (lag_days in config/sources/). A source that
  was never loaded is not late.
#}
{% macro end_of_newest_month() -%}
    select
        coalesce({{ dbt.dateadd('month', 1, 'max(source_month)') }}, {{ utc_now() }}) as loaded_at

    from {{ this.schema }}.loads
    where source = '{{ this.identifier }}'
{%- endmacro %}
