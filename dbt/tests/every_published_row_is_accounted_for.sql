-- rows_published = rows_unreadable + rows_fact + rows_rejected, for each source and month of this
-- run.
with ledger as (

    select * from {{ ref('month_ledger') }}
    where {{ in_months('source_month') }}

)

select
    source,
    source_month,
    rows_published,
    rows_unreadable,
    rows_fact,
    rows_rejected

from ledger
where rows_published <> rows_unreadable + rows_fact + rows_rejected
