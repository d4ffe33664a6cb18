{{ config(materialized='atomic_view') }}

with effects as (

    select * from {{ source('estimates', 'weather_effects') }}

)

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

from effects
