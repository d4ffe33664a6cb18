"""How a published file is read: its columns, and SQL for its rows with the declared columns and types."""

import csv
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.database import file_argument, literal, quoted
from pipeline.errors import BadFile, SchemaChanged
from pipeline.ingest.casts import ZONED, Field
from pipeline.months import add_months
from pipeline.source_fields import Column
from pipeline.sources import Source

if TYPE_CHECKING:
    import duckdb

log = logging.getLogger(__name__)

MISFITS = "misfits"
"""A column of the Parquet file: how many values of the row are null because they do not fit. It is not loaded."""
MAX_COLUMNS = 500
NEW_YORK = "America/New_York"
UTC_NAMES = {"UTC", "Etc/UTC", "GMT", "Etc/GMT", "Z", "+00:00", None}


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


def reading_of(con: "duckdb.DuckDBPyConnection", source: Source, month: date, file: Path) -> Reading:
    """How a file is read. Raises SchemaChanged where a required column is missing."""
    published = published_columns(con, source, file)
    found = match_columns(source, month, file, list(published))
    from_clause = read_clause(source, file, published)
    zoned = next((name for name in found if published[name] == ZONED), None)
    zone = clock_zone(con, month, file, from_clause, zoned) if zoned else "UTC"
    fields = {
        column.name: Field(column, name, published[name], zone, source.timestampformats)
        for name, column in found.items()
    }
    return Reading(source.columns, from_clause, fields)


def clock_zone(con: "duckdb.DuckDBPyConnection", month: date, file: Path, from_clause: str, name: str) -> str:
    """The zone whose clock shows a Parquet file's times with a time zone, as column ``name``, with New York's digits.

    Times in any zone but UTC are converted ones. Those in UTC are either converted, or the digits of New York's clock
    that a program marked as UTC: the right reading has fewer times outside of the file's month.
    """
    if zone_of(file, name) not in UTC_NAMES:
        return NEW_YORK
    outside = [
        f"count(*) filter (timezone('{zone}', {quoted(name)}) not between '{month}' and '{add_months(month, 1)}')"
        for zone in ("UTC", NEW_YORK)
    ]
    ((as_digits, as_converted),) = con.execute(f"select {', '.join(outside)} from {from_clause}").fetchall()
    return NEW_YORK if as_converted < as_digits else "UTC"


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


def match_columns(source: Source, month: date, file: Path, published: Sequence[str]) -> dict[str, Column]:
    """The declared column of each published one; a new column is ignored with a warning.

    Raises SchemaChanged where a required column is missing.
    """
    if not published:
        raise SchemaChanged(
            f"{source.label(month)} {source.name}: {file.name} is empty, expected a line of column names"
        )
    declared = {name: column for column in source.columns for name in column.names}
    found = {name: declared[name.strip().lower()] for name in published if name.strip().lower() in declared}
    missing = [c.name for c in source.columns if c.is_required_in(month) and c not in found.values()]
    if missing:
        raise SchemaChanged(
            f"{source.label(month)} {source.name}: {file.name} lacks {', '.join(missing)}; "
            f"it has {', '.join(published)[:500]}; if a column was renamed, add the new name to "
            f"config/sources/{source.name}.yaml"
        )
    if new := [name for name in published if name not in found]:
        log.warning("%s %s: ignored columns that are not declared: %s", source.label(month), file.name, ", ".join(new))
    return found


def published_columns(con: "duckdb.DuckDBPyConnection", source: Source, file: Path) -> dict[str, str]:
    """The published columns and DuckDB's types of them; those of CSV files are text."""
    if not reads_csv(source):
        rows = con.execute(f"describe select * from {read_clause(source, file, {})}").fetchall()
        return {row[0]: row[1] for row in rows}
    with file.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        header = next(csv.reader(lines), [])
    if len(header) > MAX_COLUMNS:
        raise BadFile(f"{file.name} has {len(header):,} columns, expected {len(source.columns)}")
    return {name if name and name not in header[:i] else f"column{i}": "VARCHAR" for i, name in enumerate(header)}


def read_clause(source: Source, file: Path, columns: Mapping[str, str]) -> str:
    """The source's FROM clause for one file."""
    return source.read.format(
        file=file_argument(file),
        columns="{" + ", ".join(f"{literal(name)}: {literal(type_)}" for name, type_ in columns.items()) + "}",
    )
