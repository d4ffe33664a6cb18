"""The metrics of a month into files: one a saved query, one of the weather's effects, and what their columns mean."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.database import Settings, connect, literal
from pipeline.metrics.counting import HOURS
from pipeline.metrics.declared import definitions
from pipeline.metrics.effects import Effect, effects
from pipeline.metrics.semantics import compiled
from pipeline.months import add_months

if TYPE_CHECKING:
    import duckdb

EFFECTS = "weather_effects"
DIMENSIONS = ("dim_date", "dim_time", "dim_weather", "dim_location", "dim_station", "time_spine_day", "time_spine_hour")


def export(warehouse: Path, manifest: Path, folders: Mapping[date, Path], duck: Settings) -> dict[date, dict[str, int]]:
    """Writes the months' metrics into their folders; returns how many rows each file has, by month and name.

    ``<saved query>.parquet`` and ``.csv``, ``weather_effects`` the same, and ``metrics.json`` with each metric's label,
    unit, formula and meaning. The effects stay in the warehouse, too, for MetricFlow to give.
    """
    queries = compiled(manifest)
    keep_effects(warehouse, list(folders), duck)
    rows: dict[date, dict[str, int]] = {}
    for month, folder in folders.items():
        folder.mkdir(parents=True, exist_ok=True)
        with connect(Path(":memory:"), duck) as con:
            show_month(con, warehouse, month)
            rows[month] = {name: write(con, sql, folder / name) for name, sql in queries.items()}
            of_month = f"from warehouse.estimates.{EFFECTS} where source_month = date '{month}' order by all"
            rows[month][EFFECTS] = write(con, of_month, folder / EFFECTS)
        known = {name: asdict(metric) for name, metric in definitions().items()}
        (folder / "metrics.json").write_text(json.dumps(known, indent=1, ensure_ascii=False) + "\n")
    return rows


def keep_effects(warehouse: Path, months: list[date], duck: Settings) -> None:
    """Estimates the effects of weather in these months, and puts them in the place of those that were there."""
    names = ", ".join(f"${name} as {name}" for name in Effect.__dataclass_fields__)
    with connect(warehouse, duck) as con:
        con.begin()
        con.execute(f"delete from estimates.{EFFECTS} where source_month in $1", [months])
        for month in months:
            for effect in effects(con, month):
                con.execute(f"insert into estimates.{EFFECTS} by name select {names}", effect)
        con.commit()


def show_month(con: "duckdb.DuckDBPyConnection", warehouse: Path, month: date) -> None:
    """Views by the names that MetricFlow asks for, with the month's rows alone.

    MetricFlow reads a fact once for every metric of another filter; over the month's row groups that costs what the
    month costs, and the same rows come of it as of a condition on the whole.
    """
    con.execute(f"attach {literal(warehouse)} as warehouse (read_only)")
    con.execute(f"attach ':memory:' as {warehouse.stem}")
    con.execute(f"create schema {warehouse.stem}.core")
    files = ", ".join(f"date '{add_months(month, distance)}'" for distance in (-1, 0, 1))
    within = f">= timestamp '{month}' and {{}} < timestamp '{add_months(month, 1)}'"
    facts = {"fct_trips": "pickup_datetime", "fct_hourly_mobility": "hour_timestamp"}
    conditions = {
        table: f"where source_month in ({files}) and {column} {within.format(column)}"
        for table, column in facts.items()
    }
    conditions |= dict.fromkeys(DIMENSIONS, "")
    for table, condition in conditions.items():
        con.execute(f"create view {warehouse.stem}.core.{table} as from warehouse.core.{table} {condition}")
    hours = HOURS.format(trips=f"{warehouse.stem}.core.fct_trips")
    con.execute(f"create table {warehouse.stem}.core.trips_of_hours as {hours}")


def write(con: "duckdb.DuckDBPyConnection", sql: str, path: Path) -> int:
    """What the query gives, in the order of all its columns, as Parquet and as CSV; returns the number of rows."""
    con.execute(f"create or replace temp table result as select * from ({sql}) order by all")
    con.execute(f"copy result to {literal(path.with_suffix('.csv'))} (format csv, header)")
    parquet = f"copy result to {literal(path.with_suffix('.parquet'))} (format parquet, compression zstd)"
    return int(con.execute(parquet).fetchall()[0][0])
