with ledger as (

    select * from {{ ref('month_ledger') }}
    where
        {{ trip_type_of('source') }} is not null
        and {{ in_months('source_month') }}

),

trips as (

    select * from {{ ref('fct_trips') }}
    where {{ in_months('source_month') }}

),

measured as (

    select
        source,
        source_month,
        count(*) as facts,
        sum(case when is_adjustment then 1 else 0 end) as adjustments,
        sum(case when pickup_location_key >= {{ var('unknown_zone_id') }} then 1 else 0 end)
            as unknown_pickups,
        sum(case when dropoff_location_key >= {{ var('unknown_zone_id') }} then 1 else 0 end)
            as unknown_dropoffs,
        sum(case when dropoff_datetime is null then 1 else 0 end) as without_dropoff,
        sum(case when coalesce(trip_distance_miles, 0) = 0 then 1 else 0 end) as without_distance,
        sum(case when not has_plausible_distance then 1 else 0 end) as with_implausible_distance,
        sum(case when passenger_count is null then 1 else 0 end) as without_passengers,
        count(distinct start_station_key) as start_stations,
        -- Medians, because a few fares and distances of some hundred thousand distort means.
        {{ median('case when not is_adjustment then fare_amount end') }} as median_fare,
        {{ median('case when not is_adjustment then trip_distance_miles end') }}
            as median_distance_miles,
        {{ median('trip_duration_minutes') }} as median_duration_minutes

    from trips
    group by source, source_month

),

final as (

    select
        ledger.source,
        ledger.source_month,
        ledger.rows_published,
        ledger.rows_fact,
        -- 1e2 is a double on every engine, 100.0 a decimal on some.
        1e2 * ledger.rows_rejected / nullif(ledger.rows_raw, 0) as rejected_pct,
        1e2 * measured.adjustments / measured.facts as adjustments_pct,
        1e2 * measured.unknown_pickups / measured.facts as unknown_pickup_pct,
        1e2 * measured.unknown_dropoffs / measured.facts as unknown_dropoff_pct,
        1e2 * measured.without_dropoff / measured.facts as without_dropoff_pct,
        1e2 * measured.without_distance / measured.facts as without_distance_pct,
        1e2 * measured.with_implausible_distance / measured.facts as implausible_distance_pct,
        1e2 * measured.without_passengers / measured.facts as without_passengers_pct,
        measured.start_stations,
        measured.median_fare,
        measured.median_distance_miles,
        measured.median_duration_minutes

    from ledger
    left join measured
        on
            ledger.source = measured.source
            and ledger.source_month = measured.source_month

)

select * from final
