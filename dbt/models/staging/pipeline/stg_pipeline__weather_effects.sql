with source as (

    select * from {{ source('pipeline', 'weather_effects') }}

),

renamed as (

    select
        source_month,
        trip_type,
        pickup_borough,
        condition,
        effect_pct,
        low_pct,
        high_pct,
        std_error,
        df,
        p_value,
        q_value,
        hours_with,
        hours_without,
        reason,
        method

    from source

)

select * from renamed
