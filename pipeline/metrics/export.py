"""Metrics of a month -> files: one per saved query, one of the effects of weather, and a description of each metric."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.database import Warehouse, connect, literal
from pipeline.metrics.declared import definitions
from pipeline.metrics.effects import Effect, effects
from pipeline.metrics.metricflow import DUCKDB_SETTINGS, compile_saved_queries
from pipeline.months import add_months

if TYPE_CHECKING:
    import duckdb

EFFECTS = "weather_effects"
FACTS = {"trips_with_hour_attributes": "pickup_datetime", "hours_of_loaded_months": "hour_timestamp"}
"""What metrics are computed from, with the column whose month counts."""
DIMENSIONS = ("dim_date", "dim_time", "dim_weather", "dim_location", "dim_station", "time_spine_day", "time_spine_hour")


def export(warehouse: Warehouse, manifest: Path, folders: Mapping[date, Path]) -> dict[date, dict[str, int]]:
    """Writes the months' metrics into their folders; returns the number of rows of each file, by month and name.

    A folder gets ``<saved query>.parquet`` and ``.csv``, ``weather_effects`` in both formats, and ``metrics.json`` with
    each metric's label, unit, formula and description. The effects are stored in the warehouse too, for ``mf query``.
    """
    queries = compile_saved_queries(manifest)
    store_effects(warehouse, list(folders))
    rows: dict[date, dict[str, int]] = {}
    for month, folder in folders.items():
        folder.mkdir(parents=True, exist_ok=True)
        with connect(Path(":memory:"), warehouse.settings) as con:
            create_views_of_month(con, warehouse.path, month)
            rows[month] = {name: write_files(con, sql, folder / name) for name, sql in queries.items()}
            of_month = f"from warehouse.estimates.{EFFECTS} where source_month = date '{month}'"
            rows[month][EFFECTS] = write_files(con, of_month, folder / EFFECTS)
        described = {name: asdict(metric) for name, metric in definitions().items()}
        (folder / "metrics.json").write_text(json.dumps(described, indent=1, ensure_ascii=False) + "\n")
    return rows


def store_effects(warehouse: Warehouse, months: list[date]) -> None:
    """Estimates the effects of weather in these months, and replaces those stored of them, in one transaction."""
    columns = ", ".join(f"${name} as {name}" for name in Effect.__dataclass_fields__)
    with connect(warehouse.path, warehouse.settings) as con:
        con.begin()
        con.execute(f"delete from estimates.{EFFECTS} where source_month in $1", [months])
        for month in months:
            for effect in effects(con, month):
                con.execute(f"insert into estimates.{EFFECTS} by name select {columns}", effect)
        con.commit()


def create_views_of_month(con: "duckdb.DuckDBPyConnection", warehouse: Path, month: date) -> None:
    """Creates views of the names in MetricFlow's SQL, in a database of the warehouse's name, with the month's rows.

    Row groups of other months are not read, so that a month costs the same however many the warehouse holds.
    """
    for name, value in DUCKDB_SETTINGS.items():
        con.execute(f"set {name} = {literal(value)}")
    con.execute(f"attach {literal(warehouse)} as warehouse (read_only)")
    con.execute(f"attach ':memory:' as {warehouse.stem}")
    con.execute(f"create schema {warehouse.stem}.core")
    previous, following = add_months(month, -1), add_months(month, 1)
    files = f"source_month between date '{previous}' and date '{following}'"
    for table, time in FACTS.items():
        rows = f"{time} >= timestamp '{month}' and {time} < timestamp '{following}'"
        create_view(con, warehouse.stem, table, f"where {files} and {rows}")
    for table in DIMENSIONS:
        create_view(con, warehouse.stem, table)


def create_view(con: "duckdb.DuckDBPyConnection", database: str, table: str, condition: str = "") -> None:
    con.execute(f"create view {database}.core.{table} as from warehouse.core.{table} {condition}")


def write_files(con: "duckdb.DuckDBPyConnection", sql: str, path: Path) -> int:
    """Writes a query's rows as Parquet and CSV, ordered by all columns; returns the number of rows."""
    con.execute(f"create or replace temp table result as select * from ({sql}) order by all")
    con.execute(f"copy result to {literal(path.with_suffix('.csv'))} (format csv, header)")
    parquet = f"copy result to {literal(path.with_suffix('.parquet'))} (format parquet, compression zstd)"
    return int(con.execute(parquet).fetchall()[0][0])
