with loads as (

    select * from {{ source('raw_data', 'loads') }}

)

select
    source,
    source_month,
    {{ trip_type_of('source') }} as trip_type

from loads
where {{ is_monthly('source') }}
