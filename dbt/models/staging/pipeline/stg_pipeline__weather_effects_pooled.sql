with source as (

    select * from {{ source('pipeline', 'weather_effects_pooled') }}

),

renamed as (

    select
        trip_type,
        condition,
        season,
        pickup_borough,
        months,
        effect_pct,
        low_pct,
        high_pct,
        prediction_low_pct,
        prediction_high_pct,
        tau,
        p_value,
        q_value,
        reason,
        method

    from source

)

select * from renamed
