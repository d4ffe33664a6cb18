with days as (

    select * from {{ ref('dim_date') }}

),

hours as (

    select * from {{ ref('dim_time') }}

),

final as (

    select
        cast(
            {{ dbt.dateadd('hour', 'hours.hour_of_day', 'days.date_day') }} as timestamp
        ) as hour_start

    from days
    cross join hours

)

select * from final
