{{ config(materialized='atomic_view') }}

with effects as (

    select * from {{ ref('stg_pipeline__weather_effects_pooled') }}

),

final as (

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

    from effects

)

select * from final
