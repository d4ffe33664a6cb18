{{ config(materialized='monthly') }}

with all_trips as (

    select * from {{ ref('int_trips__unioned') }}

),

trips as (

    select
        source,
        source_month,
        source_row,
        pickup_datetime,
        row_fingerprint

    from all_trips
    where {{ in_months('source_month') }}

),

repeated as (

    select
        source,
        source_month,
        pickup_datetime,
        row_fingerprint,
        min(source_row) as first_row

    from trips
    group by source, source_month, pickup_datetime, row_fingerprint
    having count(*) > 1

),

final as (

    select
        trips.source,
        trips.source_month,
        trips.source_row,
        repeated.first_row

    from trips
    inner join repeated
        on
            trips.source = repeated.source
            and trips.source_month = repeated.source_month
            and trips.row_fingerprint = repeated.row_fingerprint
            and trips.pickup_datetime is not distinct from repeated.pickup_datetime
    where trips.source_row > repeated.first_row

)

select * from final
