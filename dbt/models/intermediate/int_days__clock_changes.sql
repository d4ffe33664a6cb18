{{ config(tags=['of_months']) }}

with files as (

    select * from {{ ref('int_files__loaded') }}
    where
        trip_type is not null
        and {{ in_months('source_month', before=1, after=1) }}

),

months as (

    select distinct
        source_month,
        {{ dbt.dateadd('month', 1, 'source_month') }} as next_month

    from files

),

-- Trips in a file may begin up to a day outside its month, and last a day. The hours do not depend
-- on which of the neighbouring months are loaded.
hours as (

    select distinct
        {{ times_between(
            dbt.dateadd('day', -var('days_outside_file_month'), 'source_month'),
            dbt.dateadd('day', var('days_outside_file_month') + 2, 'next_month')
        ) }} as local_hour

    from months

),

in_utc as (

    select
        local_hour,
        {{ from_new_york('local_hour') }} as utc_hour

    from hours

),

mapped as (

    select
        local_hour,
        {{ to_new_york('utc_hour') }} <> local_hour as is_skipped,
        {{ to_new_york(dbt.dateadd('hour', 1, 'utc_hour')) }} = local_hour as is_repeated

    from in_utc

),

changes as (

    select
        local_hour as changes_from,
        {{ dbt.dateadd('hour', 1, 'local_hour') }} as changes_until,
        is_skipped

    from mapped
    where is_skipped or is_repeated

),

final as (

    select
        cast(changes_from as date) as pickup_day,
        changes_from,
        changes_until,
        is_skipped
    from changes
    union all
    select
        cast({{ dbt.dateadd('day', -1, 'changes_from') }} as date) as pickup_day,
        changes_from,
        changes_until,
        is_skipped
    from changes

)

select * from final
