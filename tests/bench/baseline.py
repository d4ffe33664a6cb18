"""The baselines: the work of each step in plain DuckDB, and what a user would write by hand for a month of files.

The results are equal: declared columns and types, the same rows, ids and keys. There are no receipts, transactions,
tests, quality checks and pages. Hours, stations and zones are copied from the pipeline's warehouse.
"""

import contextlib
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import duckdb

from pipeline.months import add_months
from pipeline.source_fields import Column
from pipeline.sources import Source, sources
from tests.bench.baseline_sql import FACTS, HOURLY, REJECTED, REPEATED, trips

DIMENSIONS = ("staging.int_hours__mapped", "staging.int_stations__monthly", "core.dim_location")
FACT_TABLES = {"fct_trips": FACTS, "rejected_trips": REJECTED, "fct_hourly_mobility": HOURLY}


@contextlib.contextmanager
def connect(database: Path | str = ":memory:") -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(database) as con:
        con.execute("set enable_progress_bar = false")
        con.execute("set global timezone = 'UTC'")
        yield con


def download(url: str, path: Path) -> int:
    subprocess.run(["curl", "--silent", "--fail", "--output", path, url], check=True)
    return path.stat().st_size


def convert(source: Source, landed: Path, parquet: Path) -> int:
    return (convert_zip if source.format == "zip" else convert_parquet)(source, landed, parquet)


def convert_zip(source: Source, landed: Path, parquet: Path) -> int:
    folder = parquet.with_suffix(".unzipped")
    rows = copy(source, unzipped(source, landed, folder), parquet)
    shutil.rmtree(folder)
    return rows


def unzipped(source: Source, landed: Path, folder: Path) -> str:
    """The rows of an archive, whose CSV files are unzipped into the folder, as an SQL relation."""
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run(["unzip", "-q", landed, "*.csv", "-x", "__MACOSX/*", "-d", folder], check=True)
    types = ", ".join(f"'{column.name}': '{column.type}'" for column in source.columns if is_published(column))
    return f"read_csv('{folder}/*.csv', header = true, columns = {{{types}}})"


def convert_parquet(source: Source, landed: Path, parquet: Path) -> int:
    return copy(source, f"read_parquet('{landed}')", parquet)


def copy(source: Source, relation: str, parquet: Path) -> int:
    """Write the source's declared columns of an SQL relation to Parquet. Returns the number of rows."""
    with connect() as con:
        query = f"select {declared_columns(source)} from {relation}"
        copied = con.execute(f"copy ({query}) to '{parquet}' (format parquet, compression zstd)").fetchall()
        return int(copied[0][0])


def declared_columns(source: Source) -> str:
    """The source's columns with their types, as SQL."""
    return ", ".join(
        (f'"{column.name}"' if is_published(column) else "null") + f'::{column.type} as "{column.name}"'
        for column in source.columns
    )


def is_published(column: Column) -> bool:
    """Whether the files of 2024 have the column."""
    return column.is_required_in(date(2024, 1, 1))


def load(database: Path, files: Sequence[tuple[str, date, Path]]) -> int:
    """Insert Parquet files into the raw tables of their sources. Returns the number of rows."""
    with connect(database) as con:
        con.execute("create schema if not exists raw_data")
        return sum(insert(con, *file) for file in files)


def insert(con: duckdb.DuckDBPyConnection, name: str, month: date, parquet: Path) -> int:
    columns = ", ".join(f'"{column.name}" {column.type}' for column in sources()[name].columns)
    con.execute(f"create table if not exists raw_data.{name} ({columns}, source_month date, source_row bigint)")
    rows = f"""
        select * exclude (file_row_number), date '{month}' as source_month, file_row_number as source_row
        from read_parquet('{parquet}', file_row_number = true)
    """
    return int(con.execute(f"insert into raw_data.{name} by name {rows}").fetchall()[0][0])


def copy_dimensions(database: Path, warehouse: Path) -> None:
    """Copy the dimensions that facts are joined to from the pipeline's warehouse."""
    with connect(database) as con:
        con.execute(f"attach '{warehouse}' as pipeline (read_only); use pipeline")
        for table in DIMENSIONS:
            name = table.split(".")[1]
            con.execute(f"create or replace table {database.stem}.main.{name} as from {table}")


def build_facts(database: Path, months: Sequence[date]) -> int:
    """Create the tables of facts, or append the months to them. Returns the number of trips."""
    within, before = month_filter(months), month_filter([add_months(month, -1) for month in months])
    with connect(database) as con:
        con.execute("set preserve_insertion_order = false")
        con.execute(f"create or replace temp view trips as {trips()}")
        con.execute(f"create or replace temp table repeated as {REPEATED.format(within=within, before=before)}")
        for table, query in FACT_TABLES.items():
            exists = con.execute("select count(*) from duckdb_tables() where table_name = ?", [table]).fetchall()[0][0]
            statement = f"insert into {table}" if exists else f"create table {table} as"
            con.execute(f"{statement} {query.format(within=within)}")
        return int(con.execute(f"select count(*) from fct_trips where {within}").fetchall()[0][0])


def month_filter(months: Sequence[date]) -> str:
    literals = ", ".join(f"date '{month}'" for month in months)
    return f"source_month in ({literals})"


def rebuild_facts(database: Path, months: Sequence[date]) -> int:
    with connect(database) as con:
        for table in FACT_TABLES:
            con.execute(f"drop table if exists {table}")
    return build_facts(database, months)


def publish(database: Path, month: date, folder: Path) -> None:
    with connect(database) as con:
        for table in FACT_TABLES:
            rows = f"from {table} where source_month = date '{month}'"
            con.execute(f"copy ({rows}) to '{folder / table}-{month}.parquet' (format parquet, compression zstd)")


def files_to_facts(
    files: Sequence[tuple[str, date, Path]], warehouse: Path, months: Sequence[date], folder: Path
) -> int:
    """Published files -> facts and hours of the months in Parquet, in one process and without a database.

    The files are those of the months and of the month before, whose rides may be repeated. Returns the number of trips.
    """
    within, before = month_filter(months), month_filter([add_months(month, -1) for month in months])
    folder.mkdir(parents=True, exist_ok=True)
    with connect() as con:
        con.execute(f"attach '{warehouse}' as warehouse (read_only)")
        for table in DIMENSIONS:
            con.execute(f"create view {table.split('.')[1]} as from warehouse.{table}")
        con.execute("create schema raw_data")
        for name in dict.fromkeys(name for name, *_ in files):
            rows = " union all by name ".join(published_rows(con, *file, folder) for file in files if file[0] == name)
            con.execute(f"create view raw_data.{name} as {rows}")
        con.execute("set preserve_insertion_order = false")  # the rows of CSV files are numbered
        con.execute(f"create view trips as {trips()}")
        con.execute(f"create temp table repeated as {REPEATED.format(within=within, before=before)}")
        facts, hours = folder / "fct_trips.parquet", folder / "fct_hourly_mobility.parquet"
        copied = con.execute(f"copy ({FACTS.format(within=within)}) to '{facts}' (format parquet, compression zstd)")
        count = int(copied.fetchall()[0][0])
        con.execute(f"create view fct_trips as from read_parquet('{facts}')")
        con.execute(f"copy ({HOURLY.format(within=within)}) to '{hours}' (format parquet, compression zstd)")
    return count


def published_rows(con: duckdb.DuckDBPyConnection, name: str, month: date, landed: Path, folder: Path) -> str:
    """The rows of a published file as SQL, with their numbers. CSV files have no numbers: their rows become a table."""
    source = sources()[name]
    if source.format == "zip":
        rows, relation = unzipped(source, landed, folder / f"{name}-{month}"), f"published_{month:%Y%m}"
        con.execute(f"create table {relation} as select *, row_number() over () - 1 as source_row from {rows}")
    else:
        relation = f"(select *, file_row_number as source_row from read_parquet('{landed}', file_row_number = true))"
    return f"select {declared_columns(source)}, date '{month}' as source_month, source_row from {relation}"


WITH_TEXTS = "* replace (trip_type::varchar as trip_type, source::varchar as source)"
"""The columns of trips with enums as texts: an enum's hash depends on the order of its values, and Parquet has none."""


def content_of(relation: str) -> tuple[int, int]:
    """The number of trips of an SQL relation, and a hash of all their values."""
    with connect() as con:
        query = f"select count(*), bit_xor(hash(trips)) from (select {WITH_TEXTS} from {relation}) as trips"
        return con.execute(query).fetchall()[0]


def checksum(database: Path, schema: str, months: Sequence[date]) -> tuple[int, int]:
    """The number of trips of the months, and a hash of all their values."""
    with connect(database) as con:
        return con.execute(
            f"""
            select count(*), bit_xor(hash(trips))
            from (select {WITH_TEXTS} from {schema}.fct_trips where source_month in $1) as trips
            """,
            [list(months)],
        ).fetchall()[0]


def file_checksum(source: Source, parquet: Path) -> tuple[int, int]:
    """The number of rows of a file, and a hash of all their values in the declared types."""
    rows = f"select {declared_columns(source)} from read_parquet($1)"
    with connect() as con:
        return con.execute(f"select count(*), bit_xor(hash(row)) from ({rows}) as row", [str(parquet)]).fetchall()[0]
