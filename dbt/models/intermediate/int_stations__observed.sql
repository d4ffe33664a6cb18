{{ config(tags=['of_months']) }}

with rides as (

    select * from {{ ref('stg_citibike__trips') }}
    where {{ in_months('source_month') }}

),

stops as (

    select
        source_month,
        start_station_id as station_id,
        start_station_name as station_name,
        start_latitude as latitude,
        start_longitude as longitude,
        -- A ride ends at the position of the dock. An electric bike begins at the position that its
        -- GPS receiver reports, which is sometimes kilometres away.
        case
            when start_latitude is null then 3
            when rideable_type = 'electric_bike' then 2
            else 1
        end as doubt
    from rides
    union all
    select
        source_month,
        end_station_id as station_id,
        end_station_name as station_name,
        end_latitude as latitude,
        end_longitude as longitude,
        case when end_latitude is null then 3 else 0 end as doubt
    from rides

),

counted as (

    select
        source_month,
        station_id,
        station_name,
        {{ round_to('latitude', 6) }} as latitude,
        {{ round_to('longitude', 6) }} as longitude,
        doubt,
        count(*) as stops
    from stops
    where station_id is not null
    group by
        source_month,
        station_id,
        station_name,
        {{ round_to('latitude', 6) }},
        {{ round_to('longitude', 6) }},
        doubt

),

-- The most frequent of the least doubtful positions comes first.
ranked as (

    select
        *,
        row_number() over (
            partition by source_month, station_id
            order by
                doubt asc,
                stops desc,
                station_name asc nulls last,
                latitude asc nulls last,
                longitude asc nulls last
        ) as choice
    from counted

),

final as (

    select
        source_month,
        station_id,
        station_name,
        latitude,
        longitude

    from ranked
    where choice = 1

)

select * from final
