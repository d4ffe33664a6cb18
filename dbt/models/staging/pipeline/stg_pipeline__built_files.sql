with source as (

    select * from {{ source('pipeline', 'built') }}

),

renamed as (

    select
        source,
        source_month

    from source

)

select * from renamed
