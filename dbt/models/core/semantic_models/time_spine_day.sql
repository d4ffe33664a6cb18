with days as (

    select * from {{ ref('dim_date') }}

),

final as (

    select date_day as day_start
    from days

)

select * from final
