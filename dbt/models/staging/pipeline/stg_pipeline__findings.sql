with source as (

    select * from {{ source('pipeline', 'findings') }}

),

renamed as (

    select
        source_month,
        judged_at,
        suite,
        source,
        expectation,
        column_name,
        description,
        severity,
        outcome,
        observed,
        sentence,
        accepted_because

    from source

)

select * from renamed
