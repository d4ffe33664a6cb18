{#
  The microseconds that passed from a trip's pickup to its drop-off, in UTC: not what the clocks
  show if they change in between. changes is int_days__clock_changes, joined by the day of the
  pickup; its columns are null on other days.

  A time in the hour that is skipped in spring is of a clock that was still on standard time. A time
  in the hour that is repeated in autumn may be either of the two. Of the possible durations, the
  shortest one that is not negative is taken: a ride from 01:50 to 01:10 took 20 minutes, and one
  from 01:50 to 02:10 took 20 minutes rather than 80.
#}
{% macro trip_duration_us(trips, changes) -%}
    {%- set pickup = trips ~ '.pickup_datetime' -%}
    {%- set dropoff = trips ~ '.dropoff_datetime' -%}
    {%- set hour = 3600000000 -%}
    {%- set by_clock -%}
    {{ epoch_microseconds(dropoff) }} - {{ epoch_microseconds(pickup) }}
    {%- endset -%}
    {{ by_clock }} + case
        when {{ changes }}.changes_from is null then 0
        when
            {{ changes }}.is_skipped
            and {{ pickup }} < {{ changes }}.changes_until
            and {{ dropoff }} >= {{ changes }}.changes_until
            and {{ by_clock }} >= {{ hour }}
            then -{{ hour }}
        when
            not {{ changes }}.is_skipped
            and {{ pickup }} < {{ changes }}.changes_from
            and {{ dropoff }} >= {{ changes }}.changes_until
            then {{ hour }}
        when
            not {{ changes }}.is_skipped
            and {{ dropoff }} < {{ pickup }}
            and {{ pickup }} < {{ changes }}.changes_until
            and {{ dropoff }} >= {{ changes }}.changes_from
            then {{ hour }}
        else 0
    end
{%- endmacro %}
