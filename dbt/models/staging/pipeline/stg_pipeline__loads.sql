with source as (

    select * from {{ source('pipeline', 'loads') }}

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
        generated_by,
        etag,
        last_modified,
        fetched_at,
        loaded_at,
        members

    from source

)

select * from renamed
