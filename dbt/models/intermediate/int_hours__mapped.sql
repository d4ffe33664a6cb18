with hours as (

    select * from {{ ref('int_hours__local') }}

),

in_utc as (

    select
        *,
        {{ from_new_york('local_hour') }} as utc_hour

    from hours

),

final as (

    select
        local_hour,
        utc_hour,
        {{ date_key('local_hour') }} as date_key,
        cast(extract(hour from local_hour) as smallint) as time_key,
        {{ weather_key('utc_hour') }} as weather_key,
        {{ to_new_york('utc_hour') }} = local_hour as is_on_the_clock,
        is_in_loaded_month

    from in_utc

)

select * from final
