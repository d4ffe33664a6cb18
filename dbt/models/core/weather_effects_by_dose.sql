{{ config(materialized='atomic_view') }}

with effects as (

    select * from {{ ref('stg_pipeline__weather_effects') }}

),

final as (

    select
        source_month,
        trip_type,
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

    from effects
    where
        pickup_borough = 'all'
        and not {{ is_weather_condition('condition') }}

)

select * from final
