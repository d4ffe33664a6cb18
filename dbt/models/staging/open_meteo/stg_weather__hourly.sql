with hourly as (

    select * from {{ ref('stg_open_meteo__hourly') }}

)

select * from hourly -- noqa: AM04
