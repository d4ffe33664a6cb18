"""Metrics of a month -> files: its rollup, the saved queries, the effects of weather, and what each metric means."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import rollup
from pipeline.database import Warehouse, connect, literal, storable
from pipeline.metrics.declared import definitions
from pipeline.metrics.effects import effects
from pipeline.metrics.metricflow import DUCKDB_SETTINGS, compile_saved_queries
from pipeline.metrics.pooling import pooled
from pipeline.months import add_months
from pipeline.progress import counter
from pipeline.semantics import Semantics, read_semantics

if TYPE_CHECKING:
    import duckdb

ESTIMATES = "estimates.weather_effects"
EFFECTS = ("weather_effects", "weather_effects_by_dose")
"""The views of the estimates that are published for every month."""
POOLED = "weather_effects_pooled"
STORED_POOLED = f"estimates.{POOLED}"
FACTS = {"trips_with_hour_attributes": "pickup_datetime", "hours_of_loaded_months": "hour_timestamp"}
"""What metrics are computed from, with the column whose month counts."""
EFFECTS_OF_MONTH = dict.fromkeys(EFFECTS, "source_month")
"""The estimates, which have metrics of their own."""
DIMENSIONS = ("dim_date", "dim_time", "dim_weather", "dim_location", "dim_station", "time_spine_day", "time_spine_hour")


def export(
    warehouse: Warehouse,
    manifest: Path,
    folders: Mapping[date, Path],
    generated_sources: Mapping[date, Sequence[str]] | None = None,
) -> dict[date, dict[str, int]]:
    """Writes the months' metrics into their folders; returns the number of rows of each file, by month and name.

    A folder gets ``<saved query>.parquet`` and ``.csv``, the ``EFFECTS`` in both formats, the month's rollup as
    Parquet, and ``metrics.json`` with each metric's label, unit, formula and description, and the month's
    ``generated_sources``: those whose files no publisher published. The effects are stored in the warehouse too, with
    those by borough; ``ESTIMATES`` is their number.
    """
    queries, semantics = compile_saved_queries(manifest), read_semantics(manifest)
    count = counter(len(folders) * (2 + len(queries)))
    rows = store_effects(warehouse, folders, count)
    for month, folder in folders.items():
        with connect(Path(":memory:"), warehouse.settings) as con:
            create_views_of_month(con, warehouse.path, month)
            create_rollup(con, warehouse.path, semantics)
            rows[month][rollup.TABLE] = rollup.write(con, rollup_in(warehouse.path), rollup_file(folder))
            count()
            for name, sql in queries.items():
                rows[month][name] = write_files(con, sql, folder / name)
                count()
        generated = {"generated_sources": [*(generated_sources or {}).get(month, ())]}
        described = {name: asdict(metric) | generated for name, metric in definitions().items()}
        (folder / "metrics.json").write_text(json.dumps(described, indent=1, ensure_ascii=False) + "\n")
    return rows


def store_effects(
    warehouse: Warehouse, folders: Mapping[date, Path], count: Callable[[], None] = lambda: None
) -> dict[date, dict[str, int]]:
    """Estimates the effects of weather in the months, replaces those stored of them, and writes their files."""
    counts: dict[date, dict[str, int]] = {}
    with warehouse.connect() as con:
        con.begin()
        con.execute(f"delete from {ESTIMATES} where source_month in $1", [list(folders)])
        for month in folders:
            rows = effects(con, month)
            counts[month] = {ESTIMATES: len(rows)}
            if rows:
                con.execute(f"insert into {ESTIMATES} by name select unnest($rows, recursive := true)", {"rows": rows})
            count()
        con.commit()
        for month, folder in folders.items():
            folder.mkdir(parents=True, exist_ok=True)
            for view in EFFECTS:
                sql = f"from core.{view} where source_month = date '{month}'"
                counts[month][view] = write_files(con, sql, folder / view)
    return counts


def export_pooled(warehouse: Warehouse, folder: Path) -> list[Path]:
    """Replaces the effects over all months by those of the months whose effects are stored, and writes their files.

    Returns the names of the files.
    """
    with warehouse.connect() as con:
        found = con.execute(f"from {ESTIMATES}")
        names = [column[0] for column in found.description]
        rows = pooled(dict(zip(names, values, strict=True)) for values in found.fetchall())
        con.begin()
        con.execute(f"delete from {STORED_POOLED}")
        if rows:
            con.execute(f"insert into {STORED_POOLED} by name select unnest($rows, recursive := true)", {"rows": rows})
        con.commit()
        write_files(con, f"from {STORED_POOLED}", folder / POOLED)
    return [Path(POOLED).with_suffix(suffix) for suffix in (".csv", ".parquet")]


def create_views_of_month(
    con: "duckdb.DuckDBPyConnection", warehouse: Path, month: date, more: Mapping[str, str] | None = None
) -> None:
    """Creates views of the names in MetricFlow's SQL, in a database of the warehouse's name, with the month's rows.

    ``more`` are tables beside the facts, each with the column whose month counts.
    Row groups of other months are not read, so that a month costs the same however many the warehouse holds.
    """
    for name, value in DUCKDB_SETTINGS.items():
        con.execute(f"set {name} = {literal(value)}")
    con.execute(f"attach {literal(warehouse)} as warehouse (read_only)")
    con.execute(f"attach ':memory:' as {warehouse.stem}")
    con.execute(f"create schema {warehouse.stem}.core")
    previous, following = add_months(month, -1), add_months(month, 1)
    files = f"source_month between date '{previous}' and date '{following}'"
    for table, time in {**FACTS, **(more or {})}.items():
        rows = f"{time} >= timestamp '{month}' and {time} < timestamp '{following}'"
        create_view(con, warehouse.stem, table, f"where {files} and {rows}")
    for table in DIMENSIONS:
        create_view(con, warehouse.stem, table)


def create_rollup(con: "duckdb.DuckDBPyConnection", warehouse: Path, semantics: Semantics) -> None:
    """Creates the rollup of the trips in the views of a month, under its name in MetricFlow's SQL."""
    sql = rollup.query(semantics, f"{warehouse.stem}.core.{semantics.models[rollup.MODEL].table}")
    con.execute(f"create table {rollup_in(warehouse)} as {sql}")


def rollup_in(warehouse: Path) -> str:
    return f"{warehouse.stem}.core.{rollup.TABLE}"


def rollup_file(folder: Path) -> Path:
    """The file of a month's rollup in the folder of its metrics."""
    return folder / f"{rollup.TABLE}.parquet"


def create_view(con: "duckdb.DuckDBPyConnection", database: str, table: str, condition: str = "") -> None:
    con.execute(f"create view {database}.core.{table} as from warehouse.core.{table} {condition}")


def write_files(con: "duckdb.DuckDBPyConnection", sql: str, path: Path) -> int:
    """Writes a query's rows as Parquet and CSV, ordered by all columns; returns the number of rows."""
    con.execute(f"create or replace temp table result as select * from ({sql}) order by all")
    con.execute(f"copy result to {literal(path.with_suffix('.csv'))} (format csv, header)")
    rows = storable(con, "result")
    parquet = f"copy ({rows}) to {literal(path.with_suffix('.parquet'))} (format parquet, compression zstd)"
    return int(con.execute(parquet).fetchall()[0][0])
