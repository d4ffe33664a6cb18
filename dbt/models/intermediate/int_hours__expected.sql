with files as (

    select * from {{ ref('int_files__loaded') }}
    where trip_type is not null

),

hours as (

    select * from {{ ref('int_hours__mapped') }}
    where is_on_the_clock

),

locations as (

    select * from {{ ref('dim_location') }}

),

boroughs as (

    select distinct borough from locations

),

final as (

    -- Distinct, because two sources publish Citi Bike rides.
    select distinct
        hours.local_hour as hour_timestamp,
        files.trip_type,
        boroughs.borough as pickup_borough

    from files
    inner join hours
        on files.source_month = cast({{ dbt.date_trunc('month', 'hours.local_hour') }} as date)
    cross join boroughs

)

select * from final
