{#
  Why a published row is no trip, by what it says itself: the first reason that applies, null where none does. The bounds
  are vars. That it stands elsewhere as well is for int_trips__judged to say.
#}
{% macro rejection_reason(trips) -%}
    {%- set days = var('days_outside_file_month') -%}
    {%- set first_zone, last_zone = var('zone_ids') -%}
    case
        when {{ trips }}.pickup_datetime is null then 'no_pickup_time'
        when
            {{ trips }}.pickup_datetime < {{ dbt.dateadd('day', -days, trips ~ '.source_month') }}
            or {{ trips }}.pickup_datetime >= {{ dbt.dateadd('day', days, dbt.dateadd('month', 1, trips ~ '.source_month')) }}
            then 'pickup_outside_file_month'
        when {{ trips }}.dropoff_datetime < {{ trips }}.pickup_datetime then 'ends_before_it_starts'
        when {{ trips }}.dropoff_datetime > {{ dbt.dateadd('hour', var('longest_trip_hours'), trips ~ '.pickup_datetime') }} then 'longer_than_24_h'
        when
            {{ trips }}.pickup_location_id not between {{ first_zone }} and {{ last_zone }}
            or {{ trips }}.dropoff_location_id not between {{ first_zone }} and {{ last_zone }}
            then 'unknown_zone_id'
    end
{%- endmacro %}
