with rejected as (

    select * from {{ ref('rejected_trips') }}
    where {{ in_months('source_month') }}

),

final as (

    select
        source,
        source_month,
        reason,
        count(*) as rows_rejected

    from rejected
    group by source, source_month, reason

)

select * from final
