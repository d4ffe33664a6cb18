with source as (

    select * from {{ source('citibike', 'citibike_jc') }}

),

final as (

    select
        *,
        'citibike_jc' as source

    from source

)

select * from final -- noqa: AM04
