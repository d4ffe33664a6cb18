"""The effects of weather as they are estimated, beside the metrics: with intervals, hours and reasons, and by dose.

An effect cannot be calculated from parts. It is passed on as it is published.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.database import file_argument, in_memory
from pipeline.explore.cubes import plain

if TYPE_CHECKING:
    import duckdb

TABLES = ("weather_effects", "weather_effects_by_dose")
COLUMNS = (
    *("trip_type", "condition", "effect_pct", "low_pct", "high_pct", "q_value"),
    *("hours_with", "hours_without", "reason"),
)
POOLED = (
    *("trip_type", "condition", "season", "pickup_borough", "months", "effect_pct", "low_pct", "high_pct"),
    *("prediction_low_pct", "prediction_high_pct", "q_value", "reason"),
)


def estimates_of_month(con: "duckdb.DuckDBPyConnection") -> list[dict[str, Any]]:
    """The month's effects by condition and by dose, from a connection whose default schema has the marts."""
    return [row for table in TABLES for row in records_of(con, table, COLUMNS)]


def pooled_estimates(published: Path) -> list[dict[str, Any]]:
    """The effects over all published months; none before they are published."""
    file = published / "metrics/weather_effects_pooled.parquet"
    if not file.exists():
        return []
    with in_memory() as con:
        return records_of(con, f"read_parquet({file_argument(file)})", POOLED)


def records_of(con: "duckdb.DuckDBPyConnection", table: str, columns: tuple[str, ...]) -> list[dict[str, Any]]:
    """The rows of a table, in the order of the columns."""
    rows = con.execute(f"select {', '.join(columns)} from {table} order by all").fetchall()
    found = [plain(column) for column in zip(*rows, strict=True)]
    return [dict(zip(columns, row, strict=True)) for row in zip(*found, strict=True)]
