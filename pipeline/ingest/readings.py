"""How a published file is read: its columns, and SQL for its rows with the declared columns and types."""

import csv
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.database import exactly, file_argument, literal, quoted
from pipeline.errors import BadFile, SchemaChanged
from pipeline.ingest.casts import NEW_YORK, ZONED, Field
from pipeline.months import add_months
from pipeline.source_fields import Column
from pipeline.sources import Source

if TYPE_CHECKING:
    import duckdb

log = logging.getLogger(__name__)

MISFITS = "misfits"
"""A column of the Parquet file: how many values of the row are null because they do not fit. It is not loaded."""
MAX_COLUMNS = 500
UTC_NAMES = {"utc", "uct", "universal", "zulu", "z", "gmt", "gmt0", "gmt+0", "gmt-0", "greenwich", "+00:00", "-00:00"}
"""Names of UTC, without ``Etc/``."""
SAMPLE = 1_000
"""Rows at the beginning of a file that show whether its texts state time zones."""
MIN_AT_NIGHT = 100
"""Trips from 1 to 4 o'clock, by one of two readings of their times, from which on these hours tell which is right."""


@dataclass(frozen=True)
class Reading:
    """How one file is read: its FROM clause, and the declared columns that it has."""

    columns: tuple[Column, ...]
    from_clause: str
    fields: Mapping[str, Field]

    @property
    def query(self) -> str:
        """The rows with the declared columns and types, and how many values of each do not fit and are null."""
        values = [self.fields[c.name].value if c.name in self.fields else f"null::{c.type}" for c in self.columns]
        names = [quoted(column.name) for column in self.columns]
        counted = (
            " + ".join(f"{field.misfit_condition}::integer" for field in self.fields.values() if field.is_checked)
            or "0"
        )
        fields = ", ".join(f"{value} as {name}" for value, name in zip(values, names, strict=True))
        return f"select {fields}, {counted} as {MISFITS} from {self.from_clause}"


def readings_of(con: "duckdb.DuckDBPyConnection", source: Source, month: date, files: Sequence[Path]) -> list[Reading]:
    """How the files of a month are read.

    Raises SchemaChanged where a required column is missing, or a column is there twice.
    """
    return with_zones(con, source, month, [(file, reading_of(con, source, month, file)) for file in files])


def reading_of(con: "duckdb.DuckDBPyConnection", source: Source, month: date, file: Path) -> Reading:
    """How a file is read, by itself."""
    published = published_columns(con, source, file)
    found = match_columns(source, month, file, list(published), names_in(con, source, file))
    fields = {
        column.name: Field(column, name, published[name], timestampformats=source.timestampformats)
        for name, column in found.items()
    }
    return Reading(source.columns, read_clause(source, file, published), fields)


def with_zones(
    con: "duckdb.DuckDBPyConnection", source: Source, month: date, readings: Sequence[tuple[Path, Reading]]
) -> list[Reading]:
    """The readings, with the zone of their times that have one: that whose clock shows New York's digits.

    Times that state any zone but UTC are converted ones. Those in UTC are either converted, or the digits of New York's
    clock that a program marked as UTC. ``zone_of_utc`` tells, for all columns of all files of the month together, as
    one program wrote them.
    """
    stated, in_utc = [], []
    for file, reading in readings:
        zoned = zoned_fields(con, reading)
        others = {
            name for name, field in zoned.items() if field.type == ZONED and not is_utc(zone_of(file, field.name))
        }
        first = next((zoned[c.name] for c in source.columns if c.name in zoned and c.name not in others), None)
        stated.append((reading, zoned, others))
        in_utc += [(reading, first)] if first else []
    zone = zone_of_utc(con, month, in_utc) if in_utc else NEW_YORK
    found = []
    for reading, zoned, others in stated:
        fields = {name: replace(field, zone=NEW_YORK if name in others else zone) for name, field in zoned.items()}
        found.append(replace(reading, fields={**reading.fields, **fields}))
    return found


def zoned_fields(con: "duckdb.DuckDBPyConnection", reading: Reading) -> dict[str, Field]:
    """The fields of a file whose times state a time zone."""
    fields = reading.fields
    zoned = {name: field for name, field in fields.items() if field.type == ZONED}
    texts = [f for f in fields.values() if f.column.type == "timestamp" and f.type in {"VARCHAR", "BLOB"}]
    if texts:
        states_zone = ", ".join(f"bool_or({field.states_zone})" for field in texts)
        row = con.execute(f"select {states_zone} from (from {reading.from_clause} limit {SAMPLE})").fetchall()[0]
        zoned |= {
            f.column.name: replace(f, has_offsets=True) for f, is_zoned in zip(texts, row, strict=True) if is_zoned
        }
    return zoned


def zone_of_utc(con: "duckdb.DuckDBPyConnection", month: date, fields: Sequence[tuple[Reading, Field]]) -> str:
    """The zone of pickups that state UTC: UTC where their digits are those of New York's clock.

    Few trips begin from 1 to 4 o'clock: the right reading has less than half as many there as the other one, whose
    hours are those of the evening. Of few trips, it is the reading with fewer of them outside of the file's month.
    """
    times = " union all ".join(
        f"select {replace(field, zone='UTC').time} as digits, {replace(field, zone=NEW_YORK).time} as converted "
        f"from {reading.from_clause}"
        for reading, field in fields
    )
    counts = ", ".join(
        f"count(*) filter (hour({time}) in (1, 2, 3)), "
        f"count(*) filter ({time} not between '{month}' and '{add_months(month, 1)}')"
        for time in ("digits", "converted")
    )
    ((digits_at_night, digits_outside, converted_at_night, converted_outside),) = con.execute(
        f"select {counts} from ({times})"
    ).fetchall()
    fewer, more = sorted((digits_at_night, converted_at_night))
    if more >= MIN_AT_NIGHT and more > 2 * fewer:
        return NEW_YORK if converted_at_night < digits_at_night else "UTC"
    return NEW_YORK if converted_outside < digits_outside else "UTC"


def is_utc(zone: str | None) -> bool:
    """Whether it is a name of UTC, which a file without a name means as well."""
    return zone is None or zone.lower().removeprefix("etc/") in UTC_NAMES


def zone_of(file: Path, name: str) -> str | None:
    """The time zone that a Parquet file states for a column, as DuckDB does not; None where it states none."""
    import pyarrow
    import pyarrow.parquet

    try:
        type_ = pyarrow.parquet.read_schema(file).field(name).type
    except (pyarrow.ArrowException, OSError, KeyError):  # DuckDB reads some files that Arrow does not
        return None
    return getattr(type_, "tz", None)


def reads_csv(source: Source) -> bool:
    return "{columns}" in source.read


def match_columns(
    source: Source, month: date, file: Path, published: Sequence[str], names: Sequence[str]
) -> dict[str, Column]:
    """The declared column of each published one; a new column is ignored with a warning. ``names`` are the file's own.

    Raises SchemaChanged where a required column is missing, or a column is there twice.
    """
    label = f"{source.label(month)} {source.name}: {file.name}"
    if not published:
        what = "begins with an empty line" if file.stat().st_size else "is empty"
        raise SchemaChanged(f"{label} {what}, expected a line of column names")
    declared = {name: column for column in source.columns for name in column.names}
    check_unique(source, label, names, declared)
    found = {name: declared[name.strip().lower()] for name in published if name.strip().lower() in declared}
    missing = [c.name for c in source.columns if c.is_required_in(month) and c not in found.values()]
    if not found and reads_csv(source):
        line = ", ".join(published)[:100]
        expected = f"column names separated by commas ({', '.join(column.name for column in source.columns)})"
        raise SchemaChanged(f"{label} begins with the line {line!r}, expected {expected}")
    if missing:
        raise SchemaChanged(
            f"{label} lacks {', '.join(missing)}; "
            f"it has {', '.join(published)[:500]}; if a column was renamed, add the new name to "
            f"config/sources/{source.name}.yaml"
        )
    if new := [name for name in published if name not in found]:
        log.warning("%s %s: ignored columns that are not declared: %s", source.label(month), file.name, ", ".join(new))
    return found


def names_in(con: "duckdb.DuckDBPyConnection", source: Source, file: Path) -> list[str]:
    """The names of the columns as the file has them: in a table, DuckDB gives the second of two equal names another."""
    if reads_csv(source):
        return header_of(file)
    if source.format != "parquet":
        return []
    schema = f"select name, coalesce(num_children, 0) from parquet_schema({literal(exactly(file))})"
    names, nested = [], 0
    for name, children in con.execute(schema).fetchall()[1:]:  # depth first, behind the file itself
        if not nested:
            names.append(name)
        nested += children - (nested > 0)
    return names


def check_unique(source: Source, label: str, names: Sequence[str], declared: Mapping[str, Column]) -> None:
    """Raises SchemaChanged where a file has two columns for a declared one: either may be the wrong one."""
    for column in source.columns:
        of_column = [name for name in names if declared.get(name.strip().lower()) is column]
        if len(of_column) > 1:
            raise SchemaChanged(
                f"{label} has {len(of_column)} columns for {column.name}, expected one: "
                f"{', '.join(map(repr, of_column))}; if one of the names means something else now, remove it from "
                f"aliases in config/sources/{source.name}.yaml"
            )


def header_of(file: Path) -> list[str]:
    """The first line of a CSV file."""
    with file.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        return next(csv.reader(lines), [])


def published_columns(con: "duckdb.DuckDBPyConnection", source: Source, file: Path) -> dict[str, str]:
    """The published columns and DuckDB's types of them; those of CSV files are text."""
    if not reads_csv(source):
        rows = con.execute(f"describe select * from {read_clause(source, file, {})}").fetchall()
        return {row[0]: row[1] for row in rows}
    header = header_of(file)
    if len(header) > MAX_COLUMNS:
        raise BadFile(f"{file.name} has {len(header):,} columns, expected {len(source.columns)}")
    return {name if name and name not in header[:i] else f"column{i}": "VARCHAR" for i, name in enumerate(header)}


def read_clause(source: Source, file: Path, columns: Mapping[str, str]) -> str:
    """The source's FROM clause for one file."""
    return source.read.format(
        file=file_argument(file),
        columns="{" + ", ".join(f"{literal(name)}: {literal(type_)}" for name, type_ in columns.items()) + "}",
    )
