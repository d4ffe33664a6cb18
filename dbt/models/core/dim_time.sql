with hours as (

    select
        {{ times_between(
            "cast('2000-01-01 00:00:00' as timestamp)",
            "cast('2000-01-01 23:00:00' as timestamp)"
        ) }} as hour_start

),

keyed as (

    select cast(extract(hour from hour_start) as smallint) as time_key
    from hours

),

final as (

    select
        time_key,
        time_key as hour_of_day,
        cast((time_key + 11) % 12 + 1 as smallint) as hour_12,
        case when time_key < 12 then 'AM' else 'PM' end as am_pm,
        case
            when {{ in_intervals('time_key', var('morning')) }} then 'morning'
            when {{ in_intervals('time_key', var('afternoon')) }} then 'afternoon'
            when {{ in_intervals('time_key', var('evening')) }} then 'evening'
            else 'night'
        end as time_of_day,
        {{ band_name('time_key', var('time_periods')) }} as time_period,
        {{ in_intervals('time_key', var('business_hours')) }} as is_business_hours,
        {{ in_intervals('time_key', var('rush_hours')) }} as is_rush_hour,
        {{ in_intervals('time_key', var('late_night')) }} as is_late_night,
        {{ in_intervals('time_key', var('dining_hours')) }} as is_dining_hours

    from keyed

)

select * from final
