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
        dropoff_datetime,
        row_fingerprint

    from all_trips
    where {{ in_months('source_month') }}

),

-- Rows of equal content have equal fingerprints. To group by these alone takes half the time.
repeated as (

    select row_fingerprint
    from trips
    group by row_fingerprint
    having count(*) > 1

),

-- The rows with these fingerprints, numbered among those of their file and pickup time. Number 0
-- is the first row of its content.
numbered as (

    select
        trips.source,
        trips.source_month,
        trips.source_row,
        trips.dropoff_datetime,
        min(trips.source_row) over (
            partition by
                trips.source, trips.source_month, trips.pickup_datetime, trips.row_fingerprint
        ) as first_row,
        cast(row_number() over (
            partition by
                trips.source, trips.source_month, trips.pickup_datetime, trips.row_fingerprint
            order by trips.source_row
        ) - 1 as integer) as copy_number

    from trips
    inner join repeated on trips.row_fingerprint = repeated.row_fingerprint

),

-- The files of those that have no drop-off time. Whether a file has any is asked of these alone.
files_in_doubt as (

    select distinct
        source,
        source_month

    from numbered
    where dropoff_datetime is null

),

files_with_dropoffs as (

    select distinct
        trips.source,
        trips.source_month

    from trips
    inner join files_in_doubt
        on
            trips.source = files_in_doubt.source
            and trips.source_month = files_in_doubt.source_month
    where trips.dropoff_datetime is not null

),

final as (

    select
        numbered.source,
        numbered.source_month,
        numbered.source_row,
        numbered.first_row,
        numbered.copy_number,
        numbered.dropoff_datetime is not null
        or files_with_dropoffs.source is not null as is_same_trip

    from numbered
    left join files_with_dropoffs
        on
            numbered.source = files_with_dropoffs.source
            and numbered.source_month = files_with_dropoffs.source_month
    where numbered.copy_number > 0

)

select * from final
