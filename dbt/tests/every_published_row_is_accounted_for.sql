-- published = unreadable + facts + rejected, for each trip feed and month of this run.
select
    source,
    source_month,
    rows_published,
    rows_unreadable,
    rows_fact,
    rows_rejected

from {{ ref('month_ledger') }}
where
    {{ in_months('source_month') }}
    and rows_published <> rows_unreadable + rows_fact + rows_rejected
