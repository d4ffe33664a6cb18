with source as (

    select * from {{ source('pipeline', 'replaced') }}

),

renamed as (

    select
        source,
        source_month,
        rows_published,
        rows_unreadable,
        rows_raw,
        bytes,
        sha256,
        url,
        etag,
        last_modified,
        fetched_at,
        loaded_at,
        members,
        replaced_at

    from source

)

select * from renamed
