"""Parquet -> DuckDB raw: one month of one source in one transaction, and what was loaded from where."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb

from pipeline.database import Settings, connected
from pipeline.sources import Source, sources

FIRST_YEAR = 2009
"""Of the holidays kept: no source that has dates begins earlier, weather apart."""
FACTS = (
    "rows_published",
    "rows_unreadable",
    "bytes",
    "sha256",
    "url",
    "etag",
    "last_modified",
    "fetched_at",
    "members",
)
LOADS = """
    create table if not exists raw_data.loads (
        source varchar not null, source_month date not null,
        rows_published bigint not null, rows_unreadable bigint not null, rows_raw bigint not null,
        bytes bigint, sha256 varchar, url varchar, etag varchar, last_modified varchar,
        fetched_at timestamp, loaded_at timestamp, members varchar[]
    )
"""


REPLACED = (
    "create table if not exists raw_data.replaced as select *, loaded_at as replaced_at from raw_data.loads limit 0"
)
"""The lines of ``raw_data.loads`` that another file has taken the place of."""
BUILT = "create table if not exists raw_data.built (source varchar not null, source_month date not null)"
"""What the marts hold: a file that is loaded counts nowhere before its month is built with it."""
EFFECTS = """
    create table if not exists estimates.weather_effects (
        source_month date not null, trip_type varchar not null, condition varchar not null,
        effect_pct double, low_pct double, high_pct double, hours_with integer, hours_without integer, reason varchar
    )
"""
FINDINGS = """
    create table if not exists quality.findings (
        source_month date not null, judged_at timestamp not null, suite varchar not null, source varchar not null,
        expectation varchar not null, column_name varchar not null, description varchar not null,
        severity varchar not null, outcome varchar not null, observed varchar not null, sentence varchar not null,
        accepted_because varchar
    )
"""


def load(path: Path, source: Source, month: date, parquet: Path, facts: Mapping[str, Any], duck: Settings) -> int:
    """Puts the month's rows in the place of those that were there, in one transaction; returns how many there are now.

    ``facts`` are those of the file and of its conversion, which make the line of ``raw_data.loads``.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with connected(path, duck) as con:
        prepare(con)
        con.execute(f"set threads = {threads_for(facts['rows_published'], duck)}")
        con.begin()
        keep_replaced(con, source.name, month, facts["sha256"])
        forget_rows(con, source.name, month)
        rows = con.execute(
            f"""
            insert into raw_data.{source.name} by name
            select * exclude (file_row_number), ?::date as source_month, file_row_number as source_row
            from read_parquet(?, file_row_number = true)
            """,
            [month, str(parquet)],
        ).fetchall()[0][0]
        if rows != facts["rows_published"] - facts["rows_unreadable"]:
            raise AssertionError(f"{parquet}: {rows} rows were loaded, not as converted: {facts}")
        line = {
            "source": source.name,
            "source_month": month,
            "rows_raw": rows,
            "loaded_at": datetime.now(UTC).isoformat(),
        }
        line |= {fact: facts.get(fact) for fact in FACTS}
        values = ", ".join(f"${name} as {name}" for name in line)
        con.execute(f"insert into raw_data.loads by name select {values}", line)
        con.commit()
    return int(rows)


def threads_for(rows: int, duck: Settings) -> int:
    """One for each million rows that is begun, as far as there are any.

    Each thread leaves its last rows in a row group that is not full. DuckDB 2.0 packs these again, together, at each of
    the next two checkpoints: half a million rides by two threads take 1.3 s and the load after them 0.5 s more, by one
    thread 0.5 s in all, and less room (2026-11).
    """
    return min(int(duck["threads"]), 1 + rows // 1_000_000)


def load_so_far(path: Path, source: Source, parquet: Path, duck: Settings) -> int:
    """Puts the rows of a feed that is not settled in the place of all that were there; returns how many there are."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with connected(path, duck) as con:
        prepare(con)
        con.begin()
        con.execute(f"delete from raw_data.{source.name}")
        rows = con.execute(
            f"""
            insert into raw_data.{source.name} by name
            select * exclude (file_row_number), ?::date as source_month, file_row_number as source_row
            from read_parquet(?, file_row_number = true)
            """,
            [source.first_month, str(parquet)],
        ).fetchall()[0][0]
        con.commit()
    return int(rows)


def keep_replaced(con: duckdb.DuckDBPyConnection, source: str, month: date, sha256: str) -> None:
    """Writes down where the rows came from that another file is about to replace."""
    con.execute(
        """
        insert into raw_data.replaced by name
        select *, $3 as replaced_at from raw_data.loads where source = $1 and source_month = $2 and sha256 <> $4
        """,
        [source, month, datetime.now(UTC).replace(tzinfo=None), sha256],
    )


def begin(path: Path, months: Sequence[date], duck: Settings) -> None:
    """Opens the months to the models: from now on what is loaded for them is what the marts hold of them."""
    with connected(path, duck) as con:
        prepare(con)
        con.begin()
        con.execute("delete from raw_data.built where source_month in $1", [months])
        con.execute(
            "insert into raw_data.built select source, source_month from raw_data.loads where source_month in $1",
            [months],
        )
        con.commit()


def forget_rows(con: duckdb.DuckDBPyConnection, source: str, month: date) -> None:
    con.execute(f"delete from raw_data.{source} where source_month = ?", [month])
    con.execute("delete from raw_data.loads where source = ? and source_month = ?", [source, month])


def forget(path: Path, chosen: Sequence[Source], month: date, duck: Settings) -> None:
    """Takes the month's raw rows of these sources out of the warehouse."""
    with connected(path, duck) as con:
        prepare(con)
        con.begin()
        for source in chosen:
            forget_rows(con, source.name, source.loaded_as(month))
        con.execute("delete from estimates.weather_effects where source_month = ?", [month])
        con.execute("delete from quality.findings where source_month = ?", [month])
        con.commit()


def keep_findings(path: Path, judged: Mapping[date, Sequence[Mapping[str, str]]], duck: Settings) -> None:
    """Adds what was found in these months to what was found before; each finding has the columns' names."""
    line = "$month as source_month, $now as judged_at, unnest($findings, recursive := true)"
    with connected(path, duck) as con:
        prepare(con)
        con.begin()
        for month, findings in judged.items():
            values = {"month": month, "now": datetime.now(UTC).replace(tzinfo=None), "findings": list(findings)}
            con.execute(f"insert into quality.findings by name select {line}", values)
        con.commit()


def accept_findings(path: Path, month: date, sentences: Sequence[str], reason: str, duck: Settings) -> None:
    """Notes beside these findings of the month's newest judgement why they were accepted."""
    with connected(path, duck) as con:
        con.execute(
            """
            update quality.findings set accepted_because = $reason
            where source_month = $month and sentence in $sentences
                and judged_at = (select max(judged_at) from quality.findings where source_month = $month)
            """,
            {"reason": reason, "month": month, "sentences": list(sentences)},
        )


def rows_held(path: Path, duck: Settings) -> dict[tuple[str, str, str], int]:
    """How many rows there really are, by table (``raw_data``, ``facts`` or ``rejected``), source and month.

    And how many trips the hours count (``hours``), by month.
    """
    if not path.exists():
        return {}
    with connected(path, duck, read_only=True) as con:
        tables = {("raw_data", name): ("raw_data", name) for name in sources()}
        tables |= {("facts", ""): ("core", "fct_trips"), ("rejected", ""): ("audit", "rejected_trips")}
        existing = set(con.execute("select schema_name, table_name from duckdb_tables()").fetchall())
        held: dict[tuple[str, str, str], int] = {}
        for (kind, name), (schema, table) in tables.items():
            if (schema, table) in existing:
                source = f"'{name}'" if name else "source::varchar"
                query = f"select {source}, strftime(source_month, '%Y-%m'), count(*) from {schema}.{table} group by all"
                held |= {(kind, *row[:2]): row[2] for row in con.execute(query).fetchall()}
        if ("core", "fct_hourly_mobility") in existing:
            query = """
                select strftime(source_month, '%Y-%m'), sum(trip_count + adjustment_count)::bigint
                from core.fct_hourly_mobility group by all
            """
            held |= {("hours", "", month): trips for month, trips in con.execute(query).fetchall()}
        return held


def prepare(con: duckdb.DuckDBPyConnection) -> None:
    """Every declared source has its table, loaded or not, so that the models can always be built."""
    con.execute("create schema if not exists raw_data")
    con.execute(LOADS)
    con.execute("alter table raw_data.loads add column if not exists members varchar[]")  # since 2026-11
    con.execute(REPLACED)
    con.execute(BUILT)
    con.execute("create schema if not exists estimates")
    con.execute(EFFECTS)
    con.execute("create schema if not exists quality")
    con.execute(FINDINGS)
    con.execute("update quality.findings set outcome = 'skipped' where outcome = 'held back'")  # renamed in 2026-11
    so_far = [source.so_far(date.today()) for source in sources().values() if source.so_far_url]
    for source in [*sources().values(), *so_far]:
        declared = [(column.name, column.type) for column in source.columns]
        declared += [("source_month", "date not null"), ("source_row", "bigint not null")]
        fields = ", ".join(f'"{name}" {type_}' for name, type_ in declared)
        con.execute(f"create table if not exists raw_data.{source.name} ({fields})")
        for name, type_ in declared[:-2]:  # declared since the table was made
            con.execute(f'alter table raw_data.{source.name} add column if not exists "{name}" {type_}')
    keep_holidays(con)


def keep_holidays(con: duckdb.DuckDBPyConnection) -> None:
    """US federal holidays, as observed, to the end of next year."""
    con.execute("create table if not exists raw_data.federal_holidays (holiday_date date, holiday_name varchar)")
    last = date.today().year + 1
    if con.execute("select max(year(holiday_date)) from raw_data.federal_holidays").fetchall() == [(last,)]:
        return
    import holidays

    days: dict[date, str] = dict(holidays.country_holidays("US", years=range(FIRST_YEAR, last + 1)))
    con.execute("delete from raw_data.federal_holidays")
    con.executemany("insert into raw_data.federal_holidays values (?, ?)", sorted(days.items()))
