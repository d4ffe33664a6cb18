with trips as (

    select * from {{ ref('int_trips__judged') }}
    where
        reason is not null
        and {{ in_months('source_month') }}

),

final as (

    select
        source,
        source_month,
        source_row,
        reason,
        pickup_datetime,
        dropoff_datetime,
        pickup_location_id,
        dropoff_location_id,
        start_station_id,
        end_station_id,
        trip_distance_miles,
        total_amount

    from trips

)

select * from final
