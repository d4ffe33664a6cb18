{{ config(materialized='atomic_view') }}

with hours as (

    select * from {{ ref('fct_hourly_mobility') }}

),

final as (

    select
        hour_timestamp,
        trip_type,
        pickup_borough,
        source_month,
        date_key,
        time_key,
        weather_key,
        loaded_trip_count

    from hours
    -- The partition of other hours is the month of a neighbouring file.
    where source_month = cast({{ dbt.date_trunc('month', 'hour_timestamp') }} as date)

)

select * from final
