with source as (

    select * from {{ source('citibike', 'citibike') }}

),

final as (

    select
        *,
        'citibike' as source

    from source

)

select * from final -- noqa: AM04
