with days as (

    select * from {{ ref('int_days__loaded') }}

),

days_in_time as (

    select
        cast(date_day as timestamp) as day_start,
        is_in_loaded_month
    from days

),

final as (

    select
        {{ times_between('day_start', dbt.dateadd('hour', 23, 'day_start')) }} as local_hour,
        is_in_loaded_month
    from days_in_time

)

select * from final
