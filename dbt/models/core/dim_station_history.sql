with stations as (

    select * from {{ ref('int_stations__monthly') }}

),

observed as (

    select
        *,
        lag(station_key) over (partition by station_id order by source_month) as previous_key

    from stations

),

-- A span begins if the station has another name or position than when it was last observed.
numbered as (

    select
        *,
        sum(case when station_key = previous_key then 0 else 1 end)
            over (partition by station_id order by source_month)
            as span
    from observed

),

spans as (

    select
        station_id,
        station_key,
        span,
        min(source_month) as valid_from
    from numbered
    group by station_id, station_key, span

),

final as (

    select
        station_id,
        station_key,
        valid_from,
        lead(valid_from) over (partition by station_id order by valid_from) as valid_to

    from spans

)

select * from final
