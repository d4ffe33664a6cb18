with unioned as (

    select * from {{ ref('int_trips__unioned') }}

),

clock_changes as (

    select * from {{ ref('int_days__clock_changes') }}

),

duplicates as (

    select * from {{ ref('int_trips__duplicates') }}

),

repeated as (

    select * from {{ ref('int_trips__repeated') }}

),

trips as (

    select
        unioned.*,
        {{ trip_duration_us('unioned', 'clock_changes') }} as duration_us

    from unioned
    left join clock_changes
        on cast(unioned.pickup_datetime as date) = clock_changes.pickup_day

),

final as (

    select
        trips.*,
        coalesce(duplicates.copy_number, 0) as copy_number,
        coalesce(
            {{ rejection_reason('trips') }},
            case
                when duplicates.is_same_trip then 'exact_duplicate'
                when repeated.source_row is not null then 'in_earlier_file'
            end
        ) as reason

    from trips
    left join duplicates
        on
            trips.source = duplicates.source
            and trips.source_month = duplicates.source_month
            and trips.source_row = duplicates.source_row
    left join repeated
        on
            trips.source = repeated.source
            and trips.source_month = repeated.source_month
            and trips.source_row = repeated.source_row

)

select * from final -- noqa: AM04
