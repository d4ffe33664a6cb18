with files as (

    select * from {{ source('raw_data', 'built') }}

)

select
    source,
    source_month,
    {{ trip_type_of('source') }} as trip_type

from files
where {{ is_monthly('source') }}
