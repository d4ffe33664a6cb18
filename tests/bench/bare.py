"""The same work in bare DuckDB: what each step of the pipeline is measured against.

As plain as it can be while the same comes of it: declared columns and types, the same rows, ids and keys. No receipts,
no transactions, no tests, no quality, no pages. Hours, stations and zones are taken from the warehouse as they are.
"""

import contextlib
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import duckdb

from pipeline.months import add_months
from pipeline.sources import Column, Source, sources
from tests.bench.sql import FACTS, HOURLY, REJECTED, REPEATED, trips

FACT_TABLES = {"fct_trips": FACTS, "rejected_trips": REJECTED, "fct_hourly_mobility": HOURLY}


@contextlib.contextmanager
def opened(database: Path | str = ":memory:") -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(database) as con:
        con.execute("set enable_progress_bar = false")
        yield con


def download(url: str, path: Path) -> int:
    subprocess.run(["curl", "--silent", "--fail", "--output", path, url], check=True)
    return path.stat().st_size


def convert(source: Source, landed: Path, parquet: Path) -> int:
    return (convert_zip if source.format == "zip" else convert_parquet)(source, landed, parquet)


def convert_zip(source: Source, landed: Path, parquet: Path) -> int:
    work = parquet.with_suffix(".bare")
    shutil.rmtree(work, ignore_errors=True)
    subprocess.run(["unzip", "-q", landed, "*.csv", "-x", "__MACOSX/*", "-d", work], check=True)
    types = ", ".join(f"'{column.name}': '{column.type}'" for column in source.columns if is_published(column))
    rows = copy(source, f"read_csv('{work}/*.csv', header = true, columns = {{{types}}})", parquet)
    shutil.rmtree(work)
    return rows


def convert_parquet(source: Source, landed: Path, parquet: Path) -> int:
    return copy(source, f"read_parquet('{landed}')", parquet)


def copy(source: Source, reading: str, parquet: Path) -> int:
    columns = ", ".join(
        (f'"{column.name}"' if is_published(column) else "null") + f'::{column.type} as "{column.name}"'
        for column in source.columns
    )
    with opened() as con:
        made = con.execute(f"copy (select {columns} from {reading}) to '{parquet}' (format parquet, compression zstd)")
        return int(made.fetchall()[0][0])


def is_published(column: Column) -> bool:
    """Whether the files of 2024 have it."""
    return column.is_required_in(date(2024, 1, 1))


def load(database: Path, files: Sequence[tuple[str, date, Path]]) -> int:
    """Puts Parquet files into the raw tables of their sources."""
    with opened(database) as con:
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


def given(database: Path, warehouse: Path) -> None:
    """The dimensions that facts are joined to, from the pipeline's warehouse."""
    with opened(database) as con:
        con.execute(f"attach '{warehouse}' as made (read_only); use made")
        for table in ("staging.int_hours__mapped", "staging.int_stations__monthly", "core.dim_location"):
            name = table.split(".")[1]
            con.execute(f"create or replace table {database.stem}.main.{name} as from {table}")


def facts(database: Path, months: Sequence[date]) -> int:
    """The facts of these months, the hours and the rows that are no trips: made, or added to what is there."""
    within, before = among(months), among([add_months(month, -1) for month in months])
    with opened(database) as con:
        con.execute("set preserve_insertion_order = false")
        con.execute(f"create or replace temp view trips as {trips()}")
        con.execute(f"create or replace temp table repeated as {REPEATED.format(within=within, before=before)}")
        for table, query in FACT_TABLES.items():
            there = con.execute("select count(*) from duckdb_tables() where table_name = ?", [table]).fetchall()[0][0]
            how = f"insert into {table}" if there else f"create table {table} as"
            con.execute(f"{how} {query.format(within=within)}")
        return int(con.execute(f"select count(*) from fct_trips where {within}").fetchall()[0][0])


def among(months: Sequence[date]) -> str:
    listed = ", ".join(f"date '{month}'" for month in months)
    return f"source_month in ({listed})"


def facts_anew(database: Path, months: Sequence[date]) -> int:
    with opened(database) as con:
        for table in FACT_TABLES:
            con.execute(f"drop table if exists {table}")
    return facts(database, months)


def publish(database: Path, month: date, folder: Path) -> None:
    with opened(database) as con:
        for table in FACT_TABLES:
            rows = f"from {table} where source_month = date '{month}'"
            con.execute(f"copy ({rows}) to '{folder / table}-{month}.parquet' (format parquet, compression zstd)")


def checksum(database: Path, schema: str, months: Sequence[date]) -> tuple[int, int]:
    """How many trips there are of these months, and what stands for all that is said of them."""
    with opened(database) as con:
        return con.execute(
            f"select count(*), bit_xor(hash(trips)) from {schema}.fct_trips as trips where source_month in $1",
            [list(months)],
        ).fetchall()[0]


def checksum_of_file(parquet: Path) -> tuple[int, int]:
    with opened() as con:
        return con.execute(
            "select count(*), bit_xor(hash(row)) from read_parquet($1) as row", [str(parquet)]
        ).fetchall()[0]
