with trips as (

    select * from {{ ref('int_trips__unioned') }}

),

duplicates as (

    select * from {{ ref('int_trips__duplicates') }}

),

repeated as (

    select * from {{ ref('int_trips__repeated') }}

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
