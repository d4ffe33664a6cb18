with observed as (

    select
        *,
        lag(station_key) over (partition by station_id order by source_month) as previous_key
    from {{ ref('int_stations__monthly') }}

),

-- A span begins where a station's name or position is not what it was when it was last observed.
numbered as (

    select
        *,
        sum(case when station_key = previous_key then 0 else 1 end) over (partition by station_id order by source_month) as span
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

)

select
    station_id,
    station_key,
    valid_from,
    lead(valid_from) over (partition by station_id order by valid_from) as valid_to

from spans
