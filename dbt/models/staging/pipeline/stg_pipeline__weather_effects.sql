with source as (

    select * from {{ source('pipeline', 'weather_effects') }}

),

renamed as (

    select
        source_month,
        trip_type,
        condition,
        effect_pct,
        low_pct,
        high_pct,
        hours_with,
        hours_without,
        reason

    from source

)

select * from renamed
