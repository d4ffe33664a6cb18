with loads as (

    select * from {{ ref('stg_pipeline__loads') }}

),

replaced as (

    select * from {{ ref('stg_pipeline__replaced_loads') }}

),

files as (

    select
        source,
        source_month,
        rows_published,
        bytes,
        sha256,
        url,
        etag,
        last_modified,
        fetched_at,
        loaded_at,
        cast(null as timestamp) as replaced_at
    from loads

    union all

    select
        source,
        source_month,
        rows_published,
        bytes,
        sha256,
        url,
        etag,
        last_modified,
        fetched_at,
        loaded_at,
        replaced_at
    from replaced

),

final as (

    select
        *,
        replaced_at is null as is_current

    from files
    where
        {{ is_monthly('source') }}
        and {{ in_months('source_month') }}

)

select * from final
