"""Parquet -> raw tables, which are views of the files (raw_views.py), and the record of what was loaded."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from pipeline.database import Warehouse
from pipeline.results import Converted, Landed
from pipeline.sources import Source, sources
from pipeline.warehouse import raw_views
from pipeline.warehouse.contents import STORED

if TYPE_CHECKING:
    import duckdb

FIRST_YEAR = 2009
"""Of the stored holidays: the earliest year of any dated source except weather."""
LOADS = """
    create table if not exists raw_data.loads (
        source varchar not null, source_month date not null,
        rows_published bigint not null, rows_unreadable bigint not null, rows_raw bigint not null,
        bytes bigint, sha256 varchar, url varchar, etag varchar, last_modified varchar,
        fetched_at timestamp, loaded_at timestamp
    )
"""
ADDED = {
    "generated_by": "varchar",
    "members": "varchar[]",
    "type_differences": """
        struct("column" varchar, is_other_type boolean, missing bigint, invalid bigint, sentence varchar)[]
    """,
    "columns": "map(varchar, varchar)",
}
"""Columns of ``raw_data.loads`` since 2026-11; ``columns`` has the types of the Parquet file's columns by name."""
REPLACED = (
    "create table if not exists raw_data.replaced as select *, loaded_at as replaced_at from raw_data.loads limit 0"
)
"""The rows of ``raw_data.loads`` whose file was replaced."""
BUILT = "create table if not exists raw_data.built (source varchar not null, source_month date not null)"
"""What the marts contain: a loaded file counts only once its month is built with it."""
EFFECTS = """
    create table if not exists estimates.weather_effects (
        source_month date not null, trip_type varchar not null, pickup_borough varchar, condition varchar not null,
        effect_pct double, low_pct double, high_pct double, std_error double, df double, p_value double, q_value double,
        hours_with integer, hours_without integer, reason varchar, method integer
    )
"""
EFFECTS_ADDED = {
    "pickup_borough": "varchar",
    **dict.fromkeys(("std_error", "df", "p_value", "q_value"), "double"),
    "method": "integer",
}
"""Columns since 2026-11. Effects without a method had intervals that were too narrow, and are estimated again."""
EFFECTS_POOLED = """
    create table if not exists estimates.weather_effects_pooled (
        trip_type varchar not null, condition varchar not null, season varchar not null,
        pickup_borough varchar not null, months integer, effect_pct double, low_pct double, high_pct double,
        prediction_low_pct double, prediction_high_pct double, tau double, p_value double, q_value double,
        reason varchar, method integer
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


def load(warehouse: Warehouse, source: Source, month: date, landed: Landed, converted: Converted) -> int:
    """Makes the month's Parquet file part of the source's raw table, in one transaction; returns its rows."""
    warehouse.path.parent.mkdir(parents=True, exist_ok=True)
    with warehouse.connect() as con:
        prepare(con)
        con.begin()
        record_replaced(con, source.name, month, landed.sha256)
        delete_load(con, source.name, month)
        parquet = raw_views.parquet_of(source, month)
        rows = raw_views.rows_of(con, parquet)
        if rows != converted.rows:
            raise AssertionError(f"{parquet}: has {rows} rows, {converted.rows} were converted")
        entry = asdict(landed) | asdict(converted) | {"source": source.name, "source_month": month, "rows_raw": rows}
        entry |= {"loaded_at": datetime.now(UTC).isoformat(), "columns": raw_views.columns_of(con, parquet)}
        del entry["file"]
        values = ", ".join(f"${name} as {name}" for name in entry)
        con.execute(f"insert into raw_data.loads by name select {values}", entry)
        raw_views.prepare(con, [source])
        con.commit()
    return rows


def load_so_far(warehouse: Warehouse, source: Source) -> int:
    """Makes the file of a feed that is not final its raw table; returns its rows."""
    warehouse.path.parent.mkdir(parents=True, exist_ok=True)
    with warehouse.connect() as con:
        prepare(con, sources().values())
        parquet = raw_views.parquet_of(source, source.first_month)
        raw_views.show(con, source, {source.first_month: raw_views.columns_of(con, parquet)})
        return raw_views.rows_of(con, parquet)


def record_replaced(con: "duckdb.DuckDBPyConnection", source: str, month: date, sha256: str) -> None:
    """Records the provenance of rows that another file is about to replace."""
    con.execute(
        """
        insert into raw_data.replaced by name
        select *, $3 as replaced_at from raw_data.loads where source = $1 and source_month = $2 and sha256 <> $4
        """,
        [source, month, datetime.now(UTC).replace(tzinfo=None), sha256],
    )


def follow_folder(warehouse: Warehouse) -> None:
    """Makes the raw tables read the data folder where it is now, if it was moved or copied since."""
    with warehouse.connect(read_only=True) as con:
        are_elsewhere = raw_views.are_elsewhere(con)
    if are_elsewhere:
        with warehouse.connect() as con:
            prepare(con, sources().values())


def show_around(warehouse: Warehouse, months: Collection[date]) -> None:
    """Makes the raw tables of months show what the build of these months reads, and no more, until ``show_all``."""
    with warehouse.connect() as con:
        con.begin()
        raw_views.show_around(con, months)
        con.commit()


def show_all(warehouse: Warehouse) -> None:
    """Makes the raw tables show everything that is loaded."""
    with warehouse.connect() as con:
        con.begin()
        for source in sources().values():
            raw_views.replace(con, source)
        con.commit()


def require_files(warehouse: Warehouse, months: Collection[date]) -> None:
    """Raises BadFile where a Parquet file of these months or of their neighbours is lost."""
    with warehouse.connect(read_only=True) as con:
        raw_views.require_files(con, months)


def begin(warehouse: Warehouse, months: Mapping[date, Sequence[str]]) -> None:
    """Records which sources the marts of each month are about to be built from.

    What is loaded of the month from any other source is deleted. It has no receipt, for example after a killed
    ``forget``.
    """
    with warehouse.connect() as con:
        prepare(con, sources().values())
        con.begin()
        for month, names in months.items():
            loaded = con.execute("select source from raw_data.loads where source_month = $1", [month]).fetchall()
            for (name,) in loaded:
                if name not in names and name in sources() and not sources()[name].static:
                    delete_load(con, name, month)
                    raw_views.replace(con, sources()[name])
            con.execute("delete from raw_data.built where source_month = $1", [month])
            con.execute(
                "insert into raw_data.built select source, source_month from raw_data.loads where source_month = $1",
                [month],
            )
        con.commit()


def delete_load(con: "duckdb.DuckDBPyConnection", source: str, month: date) -> None:
    """Deletes the entry of a source and month in ``raw_data.loads``."""
    con.execute("delete from raw_data.loads where source = ? and source_month = ?", [source, month])


def forget(warehouse: Warehouse, forgotten: Sequence[Source], month: date) -> None:
    """Deletes what is loaded of the month from these sources, and the month's estimated effects and findings."""
    with warehouse.connect() as con:
        prepare(con, forgotten)
        con.begin()
        for source in forgotten:
            delete_load(con, source.name, source.loaded_as(month))
            raw_views.replace(con, source)
        con.execute("delete from estimates.weather_effects where source_month = ?", [month])
        con.execute("delete from quality.findings where source_month = ?", [month])
        con.commit()


def store_findings(warehouse: Warehouse, judged: Mapping[date, Sequence[Mapping[str, str]]]) -> None:
    """Adds the findings of these months to the earlier ones; each finding has the names of the columns."""
    values = "$month as source_month, $now as judged_at, unnest($findings, recursive := true)"
    with warehouse.connect() as con:
        prepare(con)
        con.begin()
        for month, findings in judged.items():
            arguments = {"month": month, "now": datetime.now(UTC).replace(tzinfo=None), "findings": list(findings)}
            con.execute(f"insert into quality.findings by name select {values}", arguments)
        con.commit()


def accept_findings(warehouse: Warehouse, month: date, sentences: Sequence[str], reason: str) -> None:
    """Stores the reason of acceptance with these findings of the month's newest judgement."""
    with warehouse.connect() as con:
        con.execute(
            """
            update quality.findings set accepted_because = $reason
            where source_month = $month and sentence in $sentences
                and judged_at = (select max(judged_at) from quality.findings where source_month = $month)
            """,
            {"reason": reason, "month": month, "sentences": list(sentences)},
        )


def count_rows(warehouse: Warehouse) -> dict[tuple[str, str, str], int]:
    """The number of stored rows by table (``loads`` for the raw tables, ``facts`` or ``rejected``), source and month.

    By month also the trips that the hours count (``hours``), the newest ``quality.findings`` and
    ``estimates.weather_effects``; by source and month also what is ``built``.
    """
    month = "strftime(source_month, '%Y-%m')"
    by_source, by_month = f"source::varchar, {month}, count(*)", f"'', {month}, count(*)"
    queries = {
        ("raw_data", "loads"): ("loads", f"source, {month}, sum(rows_raw)::bigint from raw_data.loads"),
        ("raw_data", "built"): ("built", f"{by_source} from raw_data.built"),
        ("core", "fct_trips"): ("facts", f"{by_source} from core.fct_trips"),
        ("audit", "rejected_trips"): ("rejected", f"{by_source} from audit.rejected_trips"),
        ("core", "fct_hourly_mobility"): (
            "hours",
            f"'', {month}, sum(trip_count + adjustment_count)::bigint from core.fct_hourly_mobility",
        ),
        ("quality", "findings"): (
            "quality.findings",
            f"{by_month} from quality.findings where (source_month, judged_at) in "
            "(select source_month, max(judged_at) from quality.findings group by source_month)",
        ),
        ("estimates", "weather_effects"): ("estimates.weather_effects", f"{by_month} from estimates.weather_effects"),
    }
    with warehouse.connect(read_only=True) as con:
        existing = set(con.execute(f"from {STORED}").fetchall())
        return {
            (kind, *row[:2]): row[2]
            for table, (kind, query) in queries.items()
            if table in existing
            for row in con.execute(f"select {query} group by all").fetchall()
        }


def prepare(con: "duckdb.DuckDBPyConnection", shown: Iterable[Source] = ()) -> None:
    """Creates the tables that this version needs, and the raw tables of these sources, loaded or not.

    A build needs those of every declared source. To create them takes 1 ms for each four loaded months (2026-11).
    """
    con.execute("create schema if not exists raw_data")
    con.execute(LOADS)
    con.execute(REPLACED)
    for table in ("loads", "replaced"):
        for name, type_ in ADDED.items():
            con.execute(f"alter table raw_data.{table} add column if not exists {name} {type_}")
    con.execute(BUILT)
    con.execute("create schema if not exists estimates")
    con.execute(EFFECTS)
    for name, type_ in EFFECTS_ADDED.items():
        con.execute(f"alter table estimates.weather_effects add column if not exists {name} {type_}")
    con.execute("delete from estimates.weather_effects where method is null")
    con.execute(EFFECTS_POOLED)
    con.execute("create schema if not exists quality")
    con.execute(FINDINGS)
    con.execute("update quality.findings set outcome = 'skipped' where outcome = 'held back'")  # renamed in 2026-11
    raw_views.prepare(con, shown)
    store_holidays(con)


def store_holidays(con: "duckdb.DuckDBPyConnection") -> None:
    """Stores the US federal holidays, as observed, to the end of next year."""
    con.execute("create table if not exists raw_data.federal_holidays (holiday_date date, holiday_name varchar)")
    last = date.today().year + 1
    if con.execute("select max(year(holiday_date)) from raw_data.federal_holidays").fetchall() == [(last,)]:
        return
    import holidays

    days: dict[date, str] = dict(holidays.country_holidays("US", years=range(FIRST_YEAR, last + 1)))
    con.execute("delete from raw_data.federal_holidays")
    con.executemany("insert into raw_data.federal_holidays values (?, ?)", sorted(days.items()))
