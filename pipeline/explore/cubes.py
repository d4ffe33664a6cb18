"""Marts -> the cubes of a month: the parts of measures by the keys of tables such as hours, zones and trip types.

A table lists keys with their attributes, each under the name that MetricFlow gives the dimension. A cube has a row for
each combination of keys for which there are rows in the marts, and of each measure a part that can be combined: a sum,
a sum with a count for a mean, the only distinct value. Medians have no such parts: of them a cube has the value, which
answers a question only where one row of the cube does.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pipeline.explore.semantics import Measure, Model, Semantics

if TYPE_CHECKING:
    import duckdb

GRAINS = ("hour", "day", "week", "month", "quarter", "year")
PARTS = {
    "sum_boolean": ("sum(case when {0} then 1 else 0 end)",),
    "sum": ("sum({0})",),
    "count": ("count({0})",),
    "average": ("sum({0})", "count({0})"),
    "min": ("min({0})",),
    "max": ("max({0})",),
    "count_distinct": ("min({0})", "max({0})"),
    "median": ("median({0})",),
}
"""The parts of each aggregation, as SQL of its expression."""
ADDITIVE = ("sum_boolean", "sum", "count", "average", "min", "max")
HOURLY = (*ADDITIVE, "count_distinct")
DIGITS = 12
"""Significant digits of a part that is a floating-point number. Its relative error is 5e-12 at most."""


@dataclass(frozen=True)
class Table:
    """Keys: a time of this grain, the entities whose attributes it has, and further dimensions."""

    grain: str = ""
    entities: tuple[str, ...] = ()
    dimensions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cube:
    """Measures of a semantic model by the keys of tables: those with these aggregations, or of these names."""

    model: str
    tables: tuple[str, ...]
    aggs: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    def measures(self, semantics: Semantics) -> list[Measure]:
        found = (measure for measure in semantics.measures.values() if measure.model == self.model)
        return [measure for measure in found if measure.agg in self.aggs or measure.name in self.names]


TABLES = {
    "hour": Table("hour", ("date", "time", "weather")),
    "trip_type": Table(dimensions=("trip__trip_type",)),
    "hourly_trip_type": Table(dimensions=("hourly__trip_type",)),
}
CUBES = {
    "hours": Cube("trips", ("trip_type", "hour"), HOURLY),
    "loaded_hours": Cube("hourly_mobility", ("hourly_trip_type", "hour"), HOURLY),
}
"""The cubes in the order in which a question looks for one that answers it."""


def cubes_of_month(con: "duckdb.DuckDBPyConnection", semantics: Semantics, month: date) -> dict[str, Any]:
    """The month's tables and cubes, from a connection whose default schema has the month's rows of the marts.

    ``tables``: by name the ``size``, and for each dimension its distinct ``values`` and ``at``, the position of each
    key's value among them. ``cubes``: by name ``at``, for each table the position of each row's key in it, and the
    parts of each measure, each a list with a value for each row.
    """
    for name, cube in CUBES.items():
        con.execute(f"create or replace temp table cube_{name} as {cube_sql(semantics, cube)}")
    for name, table in TABLES.items():
        con.execute(f"create or replace temp table keys_{name} as {keys_sql(name, table)}")
    return {
        "month": f"{month:%Y-%m}",
        "tables": {name: table_of(con, semantics, name, table) for name, table in TABLES.items()},
        "cubes": {name: cube_of(con, semantics, name, cube) for name, cube in CUBES.items()},
    }


def keys_of(name: str, table: Table) -> list[str]:
    """The columns that identify a key of the table."""
    time = [f"{name}_metric_time"] if table.grain else []
    return [*time, *(f"{name}_{one}" for one in (*table.entities, *table.dimensions))]


def cube_sql(semantics: Semantics, cube: Cube) -> str:
    """The parts of the cube's measures, grouped by the keys of its tables."""
    model = semantics.models[cube.model]
    columns = [f"{expr} as {key}" for name in cube.tables for key, expr in key_columns(semantics, model, name)]
    parts = [
        f"{part.format(f'({measure.expr})')} as {measure.name}_{number}"
        for measure in cube.measures(semantics)
        for number, part in enumerate(PARTS[measure.agg])
    ]
    return f"select {', '.join([*columns, *parts])} from {rows_of(semantics, model, cube)} group by all"


def key_columns(semantics: Semantics, model: Model, name: str) -> Iterator[tuple[str, str]]:
    """The keys of a table, each with its expression over the rows of the model."""
    table = TABLES[name]
    if table.grain:
        yield f"{name}_metric_time", f"date_trunc('{table.grain}', {model.time})"
    for entity in table.entities:
        yield f"{name}_{entity}", model.entities[entity]
    for dimension in table.dimensions:
        entity, attribute = dimension.split("__")
        yield f"{name}_{dimension}", model.dimensions[attribute] if entity == model.primary else dimension


def rows_of(semantics: Semantics, model: Model, cube: Cube) -> str:
    """The rows of the model's table, with the attributes of other models that are keys of the cube."""
    joined = [one for name in cube.tables for one in TABLES[name].dimensions if one.split("__")[0] != model.primary]
    if not joined:
        return model.table
    entities = dict.fromkeys(one.split("__")[0] for one in joined)
    columns = [f"{entity}.{semantics.dimensions_of(entity)[one]} as {one}" for one in joined for entity in entities]
    joins = [
        f"left join {semantics.model_of(entity).table} as {entity}"
        f" on rows.{model.entities[entity]} = {entity}.{semantics.model_of(entity).keys[entity]}"
        for entity in entities
    ]
    return f"(select rows.*, {', '.join(columns)} from {model.table} as rows {' '.join(joins)})"


def keys_sql(name: str, table: Table) -> str:
    """The distinct keys of a table in all cubes, in a stable order, with their positions."""
    keys = ", ".join(keys_of(name, table))
    cubes = [cube for cube, declared in CUBES.items() if name in declared.tables]
    found = " union ".join(f"select distinct {keys} from cube_{cube}" for cube in cubes)
    return f"select *, row_number() over (order by {keys}) - 1 as key_number from ({found}) order by all"


def table_of(con: "duckdb.DuckDBPyConnection", semantics: Semantics, name: str, table: Table) -> dict[str, Any]:
    """The attributes of the table's keys."""
    columns = {f"metric_time__{grain}": truncated(grain, f"{name}_metric_time") for grain in grains_of(table)}
    joins = ""
    for entity in table.entities:
        model = semantics.model_of(entity)
        columns |= {full: f"{entity}.{expr}" for full, expr in semantics.dimensions_of(entity).items()}
        joins += f" left join {model.table} as {entity} on {name}_{entity} = {entity}.{model.keys[entity]}"
    columns |= {dimension: f"{name}_{dimension}" for dimension in table.dimensions}
    rows = con.execute(f"select {', '.join(columns.values())} from keys_{name}{joins} order by key_number").fetchall()
    values = zip(*rows, strict=True) if rows else ([] for _ in columns)
    return {
        "size": len(rows),
        "dimensions": {one: encoded(list(map(plain, found))) for one, found in zip(columns, values, strict=True)},
    }


def truncated(grain: str, time: str) -> str:
    """The SQL of a time at this grain: of an hour a timestamp, else a date."""
    return f"date_trunc('{grain}', {time})" + ("" if grain == "hour" else "::date")


def grains_of(table: Table) -> Sequence[str]:
    """The grains of time that the table's keys have."""
    return GRAINS[GRAINS.index(table.grain) :] if table.grain else ()


def encoded(values: Sequence[Any]) -> dict[str, Any]:
    """The distinct values in the order in which they occur, and the position of each value among them."""
    positions: dict[Any, int] = {}
    at = [positions.setdefault((type(value), value), len(positions)) for value in values]
    return {"values": [value for _, value in positions], "at": at}


def cube_of(con: "duckdb.DuckDBPyConnection", semantics: Semantics, name: str, cube: Cube) -> dict[str, Any]:
    """The positions of the cube's rows in its tables, and the parts of its measures, in the order of the tables."""
    measures = cube.measures(semantics)
    joins = " ".join(
        f"join keys_{table} on "
        + " and ".join(f"cube.{key} is not distinct from keys_{table}.{key}" for key in keys_of(table, TABLES[table]))
        for table in cube.tables
    )
    positions = [f"keys_{table}.key_number" for table in cube.tables]
    parts = [f"cube.{measure.name}_{number}" for measure in measures for number in range(len(PARTS[measure.agg]))]
    order = ", ".join(positions)
    rows = con.execute(f"select {', '.join([*positions, *parts])} from cube_{name} as cube {joins} order by {order}")
    found = [list(map(plain, column)) for column in zip(*rows.fetchall(), strict=True)]
    columns = iter(found or [[] for _ in (*positions, *parts)])
    return {
        "at": [next(columns) for _ in cube.tables],
        "measures": {one.name: parts_of(one, [next(columns) for _ in PARTS[one.agg]]) for one in measures},
    }


def parts_of(measure: Measure, columns: list[list[Any]]) -> list[list[Any]]:
    """The parts of a measure. A distinct value is the only one of its row.

    Raises ValueError where it is not: the cube is then not fine enough for the measure.
    """
    if measure.agg == "count_distinct":
        least, most = columns
        if least != most:
            raise ValueError(f"{measure.name} has several distinct values in a row of a cube")
        return [least]
    return columns


def plain(value: Any) -> Any:
    """The value as JSON has it: a date or time as ISO text, a time at midnight of its grain as a date."""
    if isinstance(value, float):
        return whole(float(f"{value:.{DIGITS}g}"))
    if isinstance(value, Decimal):
        return whole(float(value))
    if isinstance(value, datetime):
        return value.isoformat()
    return value.isoformat() if isinstance(value, date) else value


def whole(value: float) -> float | int:
    """The value without a fraction where it has none: ``12`` is shorter than ``12.0``."""
    return int(value) if value.is_integer() else value


def schema(semantics: Semantics) -> Mapping[str, Any]:
    """The dimensions of each table, and the model, tables and measures of each cube."""
    return {
        "tables": {name: dimensions_of(semantics, table) for name, table in TABLES.items()},
        "cubes": {
            name: {
                "model": cube.model,
                "tables": cube.tables,
                "measures": [measure.name for measure in cube.measures(semantics)],
            }
            for name, cube in CUBES.items()
        },
    }


def dimensions_of(semantics: Semantics, table: Table) -> list[str]:
    """The names of the dimensions that the table's keys have."""
    attributes = (name for entity in table.entities for name in semantics.dimensions_of(entity))
    return [*(f"metric_time__{grain}" for grain in grains_of(table)), *attributes, *table.dimensions]
