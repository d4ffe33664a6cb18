"""Marts -> the cubes of a month: the parts of measures by the keys of tables such as hours, zones and trip types.

A table lists keys with their attributes, each under the name that MetricFlow gives the dimension. A cube has a row for
each combination of keys for which there are rows in the marts, and of each measure a part that can be combined: a sum,
a sum with a count for a mean, the only distinct value. Medians have no such parts: of them a cube has the value, which
answers a question only where one row of the cube does.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pipeline.explore.layout import LAYOUT, Cube, Layout, Table, attributes_of
from pipeline.explore.semantics import Measure, Model, Semantics

if TYPE_CHECKING:
    import duckdb

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
DIGITS = 12
"""Significant digits of a part that is a floating-point number. Its relative error is 5e-12 at most."""
FEW_ROWS = 500_000
"""Fewer rows are stored for the queries of all cubes: to plan the joins of the marts' views for each takes longer."""


@dataclass(frozen=True)
class Marts:
    """A connection whose default schema has the month's rows of the marts, and what is to be made of them."""

    con: "duckdb.DuckDBPyConnection"
    semantics: Semantics
    layout: Layout = LAYOUT


def cubes_of_month(marts: Marts, month: date) -> dict[str, Any]:
    """The month's tables and cubes.

    ``tables``: by name the ``size``, and for each dimension its distinct ``values`` and ``at``, the position of each
    key's value among them. ``cubes``: by name ``at``, for each table the position of each row's key in it, and the
    parts of each measure, each a list with a value for each row.
    """
    create_rows(marts)
    for name, cube in marts.layout.cubes.items():
        marts.con.execute(f"create or replace temp table cube_{name} as {cube_sql(marts, cube)}")
    for name, table in marts.layout.tables.items():
        marts.con.execute(f"create or replace temp table keys_{name} as {keys_sql(marts, name, table)}")
    return {
        "month": f"{month:%Y-%m}",
        "tables": {name: table_of(marts, name, table) for name, table in marts.layout.tables.items()},
        "cubes": {name: cube_of(marts, name, cube) for name, cube in marts.layout.cubes.items()},
    }


def create_rows(marts: Marts) -> None:
    """Creates ``rows_<model>`` for each model that has cubes: a copy of its table's rows if they are few, or a view."""
    for name in dict.fromkeys(cube.model for cube in marts.layout.cubes.values()):
        rows, table = f"rows_{name}", marts.semantics.models[name].table
        copied = marts.con.execute(f"create or replace temp table {rows} as from {table} limit {FEW_ROWS}").fetchone()
        if copied == (FEW_ROWS,):
            marts.con.execute(f"drop table {rows}")
            marts.con.execute(f"create temp view {rows} as from {table}")


def keys_of(name: str, table: Table) -> list[str]:
    """The columns that identify a key of the table."""
    time = [f"{name}_metric_time"] if table.grain else []
    return [*time, *(f"{name}_{one}" for one in (*table.entities, *table.dimensions))]


def cube_sql(marts: Marts, cube: Cube) -> str:
    """The parts of the cube's measures, grouped by the keys of its tables."""
    model = marts.semantics.models[cube.model]
    columns = [f"{expr} as {key}" for name in cube.tables for key, expr in key_columns(marts, model, name)]
    parts = [
        f"{part.format(f'({measure.expr})')} as {measure.name}_{number}"
        for measure in cube.measures(marts.semantics)
        for number, part in enumerate(PARTS[measure.agg])
    ]
    return f"select {', '.join([*columns, *parts])} from {rows_of(marts, model, cube)} group by all"


def key_columns(marts: Marts, model: Model, name: str) -> Iterator[tuple[str, str]]:
    """The keys of a table, each with its expression over the rows of the model."""
    table = marts.layout.tables[name]
    if table.grain:
        yield f"{name}_metric_time", f"date_trunc('{table.grain}', {model.time})"
    for entity in table.entities:
        yield f"{name}_{entity}", model.entities[entity]
    for dimension in table.dimensions:
        entity, attribute = dimension.split("__")
        yield f"{name}_{dimension}", model.dimensions[attribute] if entity == model.primary else dimension


def rows_of(marts: Marts, model: Model, cube: Cube) -> str:
    """The rows of the model's table, with the attributes of other models that are keys of the cube."""
    named = [one for name in cube.tables for one in marts.layout.tables[name].dimensions]
    joined = {one: one.split("__")[0] for one in named if one.split("__")[0] != model.primary}
    if not joined:
        return f"rows_{model.name}"
    columns = [f"{entity}.{marts.semantics.dimensions_of(entity)[one]} as {one}" for one, entity in joined.items()]
    joins = " ".join(
        f"left join {other.table} as {entity} on rows.{model.entities[entity]} = {entity}.{other.keys[entity]}"
        for entity in dict.fromkeys(joined.values())
        for other in (marts.semantics.model_of(entity),)
    )
    return f"(select rows.*, {', '.join(columns)} from rows_{model.name} as rows {joins})"


def keys_sql(marts: Marts, name: str, table: Table) -> str:
    """The distinct keys of a table in all cubes, in a stable order, with their positions."""
    keys = ", ".join(keys_of(name, table))
    cubes = [cube for cube, declared in marts.layout.cubes.items() if name in declared.tables]
    found = " union ".join(f"select distinct {keys} from cube_{cube}" for cube in cubes)
    return f"select *, row_number() over (order by {keys}) - 1 as key_number from ({found}) order by all"


def table_of(marts: Marts, name: str, table: Table) -> dict[str, Any]:
    """The attributes of the table's keys."""
    columns = {f"metric_time__{grain}": truncated(grain, f"{name}_metric_time") for grain in table.grains}
    joins = ""
    for entity in table.entities:
        model = marts.semantics.model_of(entity)
        columns |= {one: f"{entity}.{expr}" for one, expr in attributes_of(marts.semantics, entity).items()}
        joins += f" left join {model.table} as {entity} on {name}_{entity} = {entity}.{model.keys[entity]}"
    columns |= {dimension: f"{name}_{dimension}" for dimension in table.dimensions}
    sql = f"select {', '.join(columns.values())} from keys_{name}{joins} order by key_number"
    rows = marts.con.execute(sql).fetchall()
    values = zip(*rows, strict=True) if rows else ([] for _ in columns)
    return {
        "size": len(rows),
        "dimensions": {one: encoded(plain(found)) for one, found in zip(columns, values, strict=True)},
    }


def truncated(grain: str, time: str) -> str:
    """The SQL of a time at this grain: of an hour a timestamp, else a date."""
    return f"date_trunc('{grain}', {time})" + ("" if grain == "hour" else "::date")


def encoded(values: Sequence[Any]) -> dict[str, Any]:
    """The distinct values in the order in which they occur, and the position of each value among them.

    Without positions where all values are distinct.
    """
    found = list(dict.fromkeys(values))
    if len(found) == len(values):
        return {"values": found}
    positions = {value: position for position, value in enumerate(found)}
    return {"values": found, "at": [positions[value] for value in values]}


def cube_of(marts: Marts, name: str, cube: Cube) -> dict[str, Any]:
    """The positions of the cube's rows in its tables, and the parts of its measures, in the order of the tables."""
    measures, tables = cube.measures(marts.semantics), marts.layout.tables
    joins = " ".join(
        f"join keys_{table} on "
        + " and ".join(f"cube.{key} is not distinct from keys_{table}.{key}" for key in keys_of(table, tables[table]))
        for table in cube.tables
    )
    positions = [f"keys_{table}.key_number" for table in cube.tables]
    parts = [f"cube.{measure.name}_{number}" for measure in measures for number in range(len(PARTS[measure.agg]))]
    columns, order = ", ".join([*positions, *parts]), ", ".join(positions)
    rows = marts.con.execute(f"select {columns} from cube_{name} as cube {joins} order by {order}").fetchall()
    found = iter(list(map(plain, zip(*rows, strict=True))) or [[] for _ in (*positions, *parts)])
    return {
        "at": [next(found) for _ in cube.tables],
        "measures": {one.name: parts_of(one, [next(found) for _ in PARTS[one.agg]]) for one in measures},
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


def plain(column: Sequence[Any]) -> list[Any]:
    """The values of a column, all of one type, as JSON has them: dates and times as ISO text."""
    kind = type(next((value for value in column if value is not None), None))
    if kind in (float, Decimal):
        return [None if value is None else short(value) for value in column]
    if kind in (date, datetime):
        return [None if value is None else value.isoformat() for value in column]
    return list(column)


def short(value: float | Decimal) -> float | int:
    """The number with ``DIGITS`` digits, and without a fraction where it has none: ``12`` is shorter than ``12.0``."""
    number = float(f"{value:.{DIGITS}g}")
    return int(number) if number.is_integer() else number
