{{ config(materialized='atomic_view') }}

with effects as (

    select * from {{ ref('stg_pipeline__weather_effects_pooled') }}

)

select * from effects -- noqa: AM04
