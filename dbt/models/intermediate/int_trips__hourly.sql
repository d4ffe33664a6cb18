{{ config(tags=['of_months']) }}

with all_trips as (

    select * from {{ ref('fct_trips') }}

),

files as (

    select * from {{ ref('int_files__loaded') }}

),

locations as (

    select * from {{ ref('dim_location') }}

),

trips as (

    select * from all_trips
    where
        {{ in_months('source_month', before=1, after=1) }}
        and {{ in_hours_of_months('pickup_datetime') }}

),

measured as (

    select
        *,
        {{ dbt.date_trunc('hour', 'pickup_datetime') }} as hour_timestamp,
        cast(round(trip_duration_minutes * 60000000) as bigint) as duration_us,
        -- Adjustments count in the revenue, but not as trips.
        not is_adjustment as is_trip,
        not is_adjustment and has_plausible_distance as is_plausible,
        not is_adjustment and has_plausible_distance and avg_speed_mph is not null as is_timed
    from trips

),

-- A file contributes to few hours of other months: it costs little to look up the files of those
-- hours after their trips are summed.
by_file as (

    select
        measured.source,
        measured.source_month as file_month,
        measured.hour_timestamp,
        cast({{ dbt.date_trunc('month', 'measured.hour_timestamp') }} as date) as month_of_hour,
        cast(measured.trip_type as {{ dbt.type_string() }}) as trip_type,
        coalesce(locations.borough, 'Unknown') as pickup_borough,
        sum(case when measured.is_trip then 1 else 0 end) as trip_count,
        sum(case when measured.is_adjustment then 1 else 0 end) as adjustment_count,
        sum(measured.revenue) as revenue,
        sum(case when measured.is_trip then measured.fare_amount end) as total_fare_amount,
        sum(case when measured.is_trip then measured.tip_amount end) as total_tip_amount,
        sum(case when measured.is_trip then measured.passenger_count end) as total_passengers,
        sum(case when measured.is_trip then measured.duration_us end) as total_duration_us,
        sum(case when measured.is_trip then measured.trip_distance_miles end)
            as total_distance_miles,
        sum(case when measured.is_plausible then measured.trip_distance_miles end)
            as plausible_distance_miles,
        sum(case when measured.is_trip and not measured.has_plausible_distance then 1 else 0 end)
            as implausible_distance_count,
        sum(case when measured.is_timed then measured.duration_us end) as timed_duration_us,
        sum(case when measured.is_timed then measured.trip_distance_miles end)
            as timed_distance_miles

    from measured
    left join locations on measured.pickup_location_key = locations.location_key
    group by 1, 2, 3, 4, 5, 6

),

final as (

    select
        by_file.hour_timestamp,
        by_file.trip_type,
        by_file.pickup_borough,
        -- For an hour in a month that is not loaded: at most one neighbour's file reaches into it.
        min(by_file.file_month) as file_month,
        {%- for measure in [
            'trip_count', 'adjustment_count', 'revenue', 'total_fare_amount', 'total_tip_amount',
            'total_passengers', 'total_distance_miles', 'plausible_distance_miles',
            'implausible_distance_count', 'timed_distance_miles'
        ] %}
        sum(by_file.{{ measure }}) as {{ measure }},
        {%- endfor %}
        sum(case when files.source is not null then by_file.trip_count else 0 end)
            as loaded_trip_count,
        -- Sums of whole microseconds are exact in any order.
        sum(by_file.total_duration_us) / 6e7 as total_duration_minutes,
        sum(by_file.timed_duration_us) / 6e7 as timed_duration_minutes

    from by_file
    left join files
        on
            by_file.source = files.source
            and by_file.month_of_hour = files.source_month
    group by 1, 2, 3

)

select * from final
