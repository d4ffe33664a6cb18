with files as (

    select * from {{ ref('stg_pipeline__built_files') }}

),

final as (

    select
        source,
        source_month,
        {{ trip_type_of('source') }} as trip_type

    from files
    where {{ is_monthly('source') }}

)

select * from final
