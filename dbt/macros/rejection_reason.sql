{#
  The first reason for which a published row is rejected by its own values; null if there is none.
  The bounds are vars; duration_us is that of trip_duration_us. int_trips__judged adds the reasons
  that depend on other rows.
#}
{% macro rejection_reason(trips) -%}
    {%- set days = var('days_outside_file_month') -%}
    {%- set first_zone, last_zone = var('zone_ids') -%}
    {%- set month = trips ~ '.source_month' -%}
    {%- set pickup = trips ~ '.pickup_datetime' -%}
    {%- set longest_us = var('longest_trip_hours') * 3600000000 -%}
    case
        when {{ pickup }} is null then 'no_pickup_time'
        when
            {{ pickup }} < {{ dbt.dateadd('day', -days, month) }}
            or {{ pickup }} >= {{ dbt.dateadd('day', days, dbt.dateadd('month', 1, month)) }}
            then 'pickup_outside_file_month'
        when {{ trips }}.duration_us < 0 then 'ends_before_it_starts'
        when {{ trips }}.duration_us > {{ longest_us }} then 'longer_than_24_h'
        when
            {{ trips }}.pickup_location_id not between {{ first_zone }} and {{ last_zone }}
            or {{ trips }}.dropoff_location_id not between {{ first_zone }} and {{ last_zone }}
            then 'unknown_zone_id'
    end
{%- endmacro %}
