"""Marts -> the cubes of a month: the parts of measures by the keys of tables such as hours, zones and trip types.

A table lists keys with their attributes, each under the name that MetricFlow gives the dimension. A cube has a row for
each combination of keys for which there are rows in the marts, and of each measure a part that can be combined: a sum,
a sum with a count for a mean, the only distinct value. Medians have no such parts: of them a cube has the value, which
answers a question only where one row of the cube does.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.database import file_argument
from pipeline.explore.layout import LAYOUT, ROLLUP, Cube, Layout, Table, attributes_of
from pipeline.rollup import PARTS, parts_by_column
from pipeline.semantics import Measure, Model, Semantics

if TYPE_CHECKING:
    import duckdb


DIGITS = 12
"""Significant digits of a part that is a floating-point number. Its relative error is 5e-12 at most."""
FEW_ROWS = 500_000
"""Fewer rows are stored for the queries of all cubes: to plan the joins of the marts' views for each takes longer."""


@dataclass(frozen=True)
class Marts:
    """A connection whose default schema has the month's rows of the marts, and what is to be made of them."""

    con: "duckdb.DuckDBPyConnection"
    semantics: Semantics
    month: date
    layout: Layout = LAYOUT
    rollup: Path | None = None
    """The Parquet file of the month's rollup; needed where a cube has the base ``ROLLUP``."""


Key = tuple[Any, ...]
"""The values of a table's columns."""


@dataclass(frozen=True)
class Columns:
    """The rows of a cube: for each of its tables the key of each row, and for each part of a measure the values."""

    keys: list[list[Key]]
    parts: list[list[Any]]


def cubes_of_month(marts: Marts) -> dict[str, Any]:
    """The month's tables and cubes.

    ``tables``: by name the ``size``, and for each dimension its distinct ``values`` and ``at``, the position of each
    key's value among them. ``cubes``: by name ``at``, for each table the position of each row's key in it, and the
    parts of each measure, each a list with a value for each row.
    """
    create_rows(marts)
    rows = columns_of_cubes(marts)
    keys = {name: keys_in(name, marts.layout, rows) for name in marts.layout.tables}
    return {
        "month": f"{marts.month:%Y-%m}",
        "tables": {name: table_of(marts, table, keys[name]) for name, table in marts.layout.tables.items()},
        "cubes": {
            name: cube_of(cube.measures(marts.semantics), [keys[table] for table in cube.tables], rows[name])
            for name, cube in marts.layout.cubes.items()
        },
    }


def columns_of_cubes(marts: Marts) -> dict[str, Columns]:
    """The rows of each cube. One base at a time takes memory."""
    found: dict[str, Columns] = {}
    if marts.rollup:
        marts.con.execute(f"create temp view base_{ROLLUP} as from read_parquet({file_argument(marts.rollup)})")
    for base in dict.fromkeys(cube.base for cube in marts.layout.cubes.values()):
        if base in marts.layout.bases:
            marts.con.execute(f"create temp table base_{base} as {base_sql(marts, marts.layout.bases[base])}")
        found |= {name: columns_of(marts, cube) for name, cube in marts.layout.cubes.items() if cube.base == base}
        if base in marts.layout.bases:
            marts.con.execute(f"drop table base_{base}")
    return found


def columns_of(marts: Marts, cube: Cube) -> Columns:
    """The rows of the cube by columns: for each of its tables the keys, then the parts of measures."""
    found = marts.con.execute(cube_sql(marts, cube))
    names = [column[0] for column in found.description]
    columns = iter([list(column) for column in zip(*found.fetchall(), strict=True)] or [[] for _ in names])
    widths = [len(marts.layout.tables[table].columns) for table in cube.tables]
    keys = [list(zip(*(next(columns) for _ in range(width)), strict=True)) for width in widths]
    return Columns(keys, list(columns))


def keys_in(name: str, layout: Layout, rows: Mapping[str, Columns]) -> dict[Key, int]:
    """The distinct keys of a table in all cubes, with their positions: in order, null last."""
    cubes = [(rows[one].keys, cube.tables) for one, cube in layout.cubes.items() if name in cube.tables]
    found = {key for keys, tables in cubes for key in keys[tables.index(name)]}
    ordered = sorted(found, key=lambda key: [(value is None, value) for value in key])
    return {key: position for position, key in enumerate(ordered)}


def create_rows(marts: Marts) -> None:
    """Creates ``rows_<model>`` for each model that has cubes: a copy of its table's rows if they are few, or a view."""
    for name in dict.fromkeys(cube.model for cube in marts.layout.cubes.values()):
        table = marts.semantics.models[name].table
        counted = marts.con.execute(f"select count(*) from (select 1 from {table} limit {FEW_ROWS})").fetchone()
        kind = "view" if counted == (FEW_ROWS,) else "table"
        marts.con.execute(f"create or replace temp {kind} rows_{name} as from {table}")


def base_sql(marts: Marts, base: Cube) -> str:
    """The rows of a base: its keys and the parts of its measures, in columns that ``cube_sql`` expects."""
    model, measures = marts.semantics.models[base.model], base.measures(marts.semantics)
    keys = [
        f"{key} as {column}" if column == model.time else column
        for name in base.tables
        for column, key in keys_of(marts, model, marts.layout.tables[name])
    ]
    parts = [
        f"{(part.in_base or part.sql).format(f'({measure.expr})')} as {column}"
        for measure in measures
        for column, part in parts_by_column(measure)
    ]
    is_grouped = not any(part.in_base for measure in measures for part in PARTS[measure.agg])
    return f"select {', '.join([*keys, *parts])} from rows_{base.model} {'group by all' if is_grouped else ''}"


def cube_sql(marts: Marts, cube: Cube) -> str:
    """The parts of the cube's measures, grouped by the keys of its tables."""
    model = marts.semantics.models[cube.model]
    keys = [key for name in cube.tables for _, key in keys_of(marts, model, marts.layout.tables[name])]
    parts = [
        f"{part.combined_by}({column})" if cube.base else part.sql.format(f"({measure.expr})")
        for measure in cube.measures(marts.semantics)
        for column, part in parts_by_column(measure)
    ]
    # Where the month is the only key, it would have a group without rows.
    return f"select {', '.join([*keys, *parts])} from {rows_of(marts, model, cube)} group by all having count(*) > 0"


def keys_of(marts: Marts, model: Model, table: Table) -> Iterator[tuple[str, str]]:
    """The keys of a table as expressions, each with the column of the model's rows that it is made from."""
    if table.grain == "month":  # all rows are of one: to compute it for each takes a quarter of the time of medians
        yield model.time, f"timestamp '{marts.month}'"
    elif table.grain:
        yield model.time, f"date_trunc('{table.grain}', {model.time})::timestamp"
    for entity in table.entities:
        yield model.entities[entity], model.entities[entity]
    for dimension in table.dimensions:
        entity, attribute = dimension.split("__")
        if entity == model.primary:
            yield model.dimensions[attribute], model.dimensions[attribute]
        else:
            yield model.entities[entity], dimension


def rows_of(marts: Marts, model: Model, cube: Cube) -> str:
    """The rows of the cube's base or model, with the attributes of other models that are keys of the cube."""
    rows = f"base_{cube.base}" if cube.base else f"rows_{model.name}"
    named = [one for name in cube.tables for one in marts.layout.tables[name].dimensions]
    joined = {one: one.split("__")[0] for one in named if one.split("__")[0] != model.primary}
    if not joined:
        return rows
    columns = [f"{entity}.{marts.semantics.dimensions_of(entity)[one]} as {one}" for one, entity in joined.items()]
    joins = " ".join(
        f"left join {other.table} as {entity} on rows.{model.entities[entity]} = {entity}.{other.keys[entity]}"
        for entity in dict.fromkeys(joined.values())
        for other in (marts.semantics.model_of(entity),)
    )
    return f"(select rows.*, {', '.join(columns)} from {rows} as rows {joins})"


def table_of(marts: Marts, table: Table, keys: Collection[Key]) -> dict[str, Any]:
    """The attributes of the table's keys."""
    values = dict(zip(table.columns, zip(*keys, strict=True) if keys else ([] for _ in table.columns), strict=True))
    found: dict[str, Sequence[Any]] = {
        f"metric_time__{grain}": [truncated(grain, time) for time in values["metric_time"]] for grain in table.grains
    }
    for entity in table.entities:
        found |= attributes(marts, entity, values[entity])
    found |= {dimension: values[dimension] for dimension in table.dimensions}
    return {"size": len(keys), "dimensions": {name: encoded(plain(column)) for name, column in found.items()}}


def attributes(marts: Marts, entity: str, keys: Sequence[Any]) -> dict[str, Sequence[Any]]:
    """The attributes of the entity's keys; null where the key is unknown."""
    model, named = marts.semantics.model_of(entity), attributes_of(marts.semantics, entity)
    key = model.keys[entity]
    sql = f"select {', '.join([key, *named.values()])} from {model.table} where {key} in (select unnest($keys))"
    rows = {row[0]: row[1:] for row in marts.con.execute(sql, {"keys": list({*keys} - {None})}).fetchall()}
    unknown = (None,) * len(named)
    columns = zip(*(rows.get(one, unknown) for one in keys), strict=True) if keys else ([] for _ in named)
    return dict(zip(named, columns, strict=True))


def truncated(grain: str, time: datetime) -> datetime | date:
    """The begin of the hour, day, week, month, quarter or year that has the time: of an hour a time, else a date."""
    if grain == "hour":
        return time
    first = {"month": time.month, "quarter": time.month - (time.month - 1) % 3, "year": 1}
    if grain in first:
        return date(time.year, first[grain], 1)
    return time.date() - timedelta(days=time.weekday() if grain == "week" else 0)


def encoded(values: Sequence[Any]) -> dict[str, Any]:
    """The distinct values in the order in which they occur, and the position of each value among them.

    Without positions where all values are distinct.
    """
    found = list(dict.fromkeys(values))
    if len(found) == len(values):
        return {"values": found}
    positions = {value: position for position, value in enumerate(found)}
    return {"values": found, "at": [positions[value] for value in values]}


def cube_of(measures: Sequence[Measure], tables: Sequence[Mapping[Key, int]], rows: Columns) -> dict[str, Any]:
    """The positions of the cube's rows in its tables, and the parts of its measures, in the order of the tables."""
    at = [[positions[key] for key in keys] for positions, keys in zip(tables, rows.keys, strict=True)]
    order = [row[-1] for row in sorted(zip(*at, range(len(at[0])), strict=True))]
    parts = ([column[row] for row in order] for column in map(plain, rows.parts))
    return {
        "at": [[column[row] for row in order] for column in at],
        "measures": {one.name: parts_of(one, [next(parts) for _ in PARTS[one.agg]]) for one in measures},
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
    number = float(value)
    if not number.is_integer():
        number = float(f"{number:.{DIGITS}g}")
    return int(number) if number.is_integer() else number
