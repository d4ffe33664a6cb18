with days as (

    select * from {{ ref('dim_date') }}

)

select date_day as day_start

from days
