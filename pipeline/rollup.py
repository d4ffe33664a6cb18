"""The rollup of a month: parts of its measures by hour, pickup zone and trip type.

A part can be combined from those of finer groups, as a sum can, and a sum with a count for a mean. Most metrics, and
most of what the Explore page has, are made from the rollup: the trips are read once for all of them.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pipeline.database import literal, quoted, storable
from pipeline.semantics import Measure, Semantics

if TYPE_CHECKING:
    import duckdb

TABLE = "by_hour_and_zone"
"""Its name, in MetricFlow's SQL and as a file."""
MODEL = "trips"
"""The semantic model whose rows it sums."""
ENTITIES = ("date", "time", "weather", "pickup_location")
"""The entities that it groups by, beside the hour: the first three follow from the hour."""
DIMENSIONS = ("trip_type",)
"""The dimensions of the trips that it groups by."""


class Part(NamedTuple):
    """A part of a measure, as SQL of its expression, and how it is combined from those of finer groups."""

    sql: str
    combined_by: str
    suffix: str = ""
    """Appended to the measure's name, for the name of its column."""
    in_base: str = ""
    """The SQL of its column in a base of the Explore page's cubes (explore/layout.py), where that is not ``sql``: for a
    median the value of each row.
    """


PARTS = {
    "sum_boolean": (Part("count_if({0})", "sum"),),
    "sum": (Part("sum({0})", "sum"),),
    "count": (Part("count({0})", "sum"),),
    "average": (Part("sum({0})", "sum", "_sum"), Part("count({0})", "sum", "_count")),
    "min": (Part("min({0})", "min"),),
    "max": (Part("max({0})", "max"),),
    "count_distinct": (Part("min({0})", "min", "_min"), Part("max({0})", "max", "_max")),
    "median": (Part("median({0})", "median", in_base="{0}"),),
}
"""The parts of each aggregation."""
ADDITIVE = ("sum_boolean", "sum", "count", "average", "min", "max")
"""The aggregations whose values of an hour can be combined to those of more."""
HOURLY = (*ADDITIVE, "count_distinct")
"""Those that the rollup has parts of: of a count of distinct values the least and the greatest. They are equal where
the hour decides the value, as it does the date.
"""


def parts_by_column(measure: Measure) -> list[tuple[str, Part]]:
    """The parts of the measure, each with the name of its column."""
    return [(f"{measure.name}{part.suffix}", part) for part in PARTS[measure.agg]]


def measures_of(semantics: Semantics) -> list[Measure]:
    """The measures of which the rollup has parts."""
    return [one for one in semantics.measures.values() if one.model == MODEL and one.agg in HOURLY]


def query(semantics: Semantics, rows: str) -> str:
    """SQL of the rollup of these rows of the model: keys first, each a column of the same name in the rows."""
    return f"select {', '.join([*keys(semantics), *parts(semantics)])} from {rows} group by all"


def keys(semantics: Semantics) -> Iterator[str]:
    model = semantics.models[MODEL]
    yield from (model.dimensions[name] for name in DIMENSIONS)
    yield f"date_trunc('hour', {model.time})::timestamp as {model.time}"
    yield from (model.entities[name] for name in ENTITIES)


def parts(semantics: Semantics) -> Iterator[str]:
    for measure in measures_of(semantics):
        for column, part in parts_by_column(measure):
            yield f"{part.sql.format(f'({measure.expr})')} as {quoted(column)}"


def write(con: "duckdb.DuckDBPyConnection", table: str, path: Path) -> int:
    """Writes the rollup in a table to a Parquet file, in the order of its keys; returns the number of rows."""
    rows = f"{storable(con, table)} order by all"
    written = con.execute(f"copy ({rows}) to {literal(path)} (format parquet, compression zstd)").fetchall()
    return int(written[0][0])
