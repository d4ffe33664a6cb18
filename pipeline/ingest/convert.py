"""Landing -> Parquet: declared columns, names and types; rows in the published order."""

import csv
import logging
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path

import duckdb

from pipeline.database import Settings, connect, file_argument, literal, quoted
from pipeline.errors import BadFile, SchemaChanged
from pipeline.ingest import shapes, unzip
from pipeline.ingest.formats import ZIPPED
from pipeline.ingest.open_meteo import check_answer
from pipeline.results import Converted
from pipeline.source_fields import Column
from pipeline.sources import Source

log = logging.getLogger(__name__)

MAX_UNREADABLE_SHARE = 0.001
"""Largest share of unreadable rows with which a month is converted."""


def files_of(converted: Converted, parquet: Path) -> list[Path]:
    """The files that a conversion wrote."""
    return [parquet, unreadable_of(parquet)] if converted.rows_unreadable else [parquet]


def unreadable_of(parquet: Path) -> Path:
    """The path of the rows that cannot be read: CSV with the raw text and the reason, next to the Parquet file."""
    return parquet.with_suffix(".unreadable.csv")


def to_parquet(source: Source, month: date, landed: Path, parquet: Path, part: Path, settings: Settings) -> Converted:
    """Writes the month's rows to ``part``, the temporary name of ``parquet``, and unreadable rows to a CSV file.

    An archive is unpacked into a temporary folder next to ``parquet``.
    Raises SchemaChanged for a missing column, BadFile for an unsafe or empty archive and for a larger share of
    unreadable rows than ``MAX_UNREADABLE_SHARE``; the CSV file of unreadable rows is then stored for inspection.
    """
    parquet.parent.mkdir(parents=True, exist_ok=True)
    unreadable_of(parquet).unlink(missing_ok=True)
    label = f"{source.label(month)} {source.name}: {landed.name}"
    if source.format == "json":
        check_answer(source, next(iter(source.urls_of(month))), landed, label)
    with (
        open_files(source, month, landed, parquet) as files,
        convert_errors(label),
        connect(Path(":memory:"), settings) as con,
    ):
        query = " union all ".join(select_query(con, source, month, file) for file in files)
        written = con.execute(f"copy ({query}) to {literal(part)} (format parquet, compression zstd)").fetchall()[0][0]
        rejected = write_unreadable(con, unreadable_of(parquet)) if "store_rejects" in source.read else 0
        converted = count_rows(con, source, files, part, written, rejected)
    count = converted.rows_unreadable
    if count and not rejected:
        raise BadFile(
            f"{label}: {count:,} of {converted.rows_published:,} lines are neither read nor rejected by DuckDB, "
            "expected 0; a quote may be unclosed"
        )
    if count > converted.rows_published * MAX_UNREADABLE_SHARE:
        raise BadFile(
            f"{label}: {count:,} of {converted.rows_published:,} rows cannot be read, "
            f"expected at most {MAX_UNREADABLE_SHARE:.1%}; {unreadable_of(parquet)} has these rows with the reasons"
        )
    return converted


@contextmanager
def convert_errors(label: str) -> Iterator[None]:
    """Raises BadFile instead of errors of DuckDB and of Python's csv module."""
    try:
        yield
    except (csv.Error, duckdb.Error) as error:
        reason = str(error).splitlines()[0]
        raise BadFile(f"{label} cannot be read ({reason})") from error


@contextmanager
def open_files(source: Source, month: date, landed: Path, parquet: Path) -> Iterator[list[Path]]:
    """Yields the files that DuckDB reads: the landed file, or the archive's members, which are deleted afterwards."""
    if source.format not in ZIPPED:
        yield [landed]
        return
    work = parquet.with_suffix(".work")
    shutil.rmtree(work, ignore_errors=True)
    try:
        try:
            files = unpack(source, month, landed, work)
        except BadFile as error:
            raise BadFile(f"{source.label(month)} {source.name}: {error}") from error
        yield files
    finally:
        shutil.rmtree(work, ignore_errors=True)


def unpack(source: Source, month: date, landed: Path, work: Path) -> list[Path]:
    if source.format == "shapefile":
        return [shapes.to_json(unzip.unpack_shapefile(landed, work, source.max_unpacked_bytes), work)]
    return unzip.unpack(landed, month, work, source.max_unpacked_bytes)


def count_rows(
    con: duckdb.DuckDBPyConnection, source: Source, files: Sequence[Path], part: Path, written: int, rejected: int
) -> Converted:
    """Counts the rows of text files without DuckDB, which reads everything after an unclosed quote as one row.

    A row is a line that is not empty; line breaks within quoted values are subtracted.
    """
    members = tuple(file.name for file in files)
    if "{columns}" not in source.read:
        return Converted(written, 0, members)
    lines = sum(count_lines(file) - 1 for file in files)
    if lines != written + rejected:
        texts = [quoted(column.name) for column in source.columns if column.type == "varchar"]
        breaks = " + ".join(f"coalesce(len({text}) - len(replace({text}, chr(10), '')), 0)" for text in texts)
        lines -= con.execute(f"select sum({breaks}) from read_parquet({file_argument(part)})").fetchall()[0][0] or 0
    published = max(lines, written + rejected)  # a file whose lines end with \r only counts as one line
    return Converted(published, published - written, members)


def count_lines(file: Path) -> int:
    with file.open("rb") as lines:
        return sum(1 for line in lines if line.strip())


def select_query(con: duckdb.DuckDBPyConnection, source: Source, month: date, file: Path) -> str:
    """The query that reads one file with the declared columns and types."""
    published = published_columns(con, source, file)
    found = match_columns(source, month, file, published)
    from_clause = read_clause(
        source, file, {name: found[name].type if name in found else "varchar" for name in published}
    )
    by_column = {column.name: name for name, column in found.items()}
    values = {c.name: quoted(by_column[c.name]) if c.name in by_column else "null" for c in source.columns}
    fields = [f"{values[column.name]}::{column.type} as {quoted(column.name)}" for column in source.columns]
    return f"select {', '.join(fields)} from {from_clause}"


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


def published_columns(con: duckdb.DuckDBPyConnection, source: Source, file: Path) -> list[str]:
    if "{columns}" not in source.read:
        return [row[0] for row in con.execute(f"describe select * from {read_clause(source, file, {})}").fetchall()]
    with file.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        header = next(csv.reader(lines), [])
    return [name if name and name not in header[:i] else f"column{i}" for i, name in enumerate(header)]


def read_clause(source: Source, file: Path, columns: Mapping[str, str]) -> str:
    """The source's FROM clause for one file."""
    return source.read.format(
        file=file_argument(file),
        columns="{" + ", ".join(f"{literal(name)}: {literal(type_)}" for name, type_ in columns.items()) + "}",
        timestampformat=timestampformat(source, file, columns),
    )


def timestampformat(source: Source, file: Path, columns: Mapping[str, str]) -> str:
    """DuckDB's option for a time format other than ISO, detected in the file's first row; empty for ISO."""
    positions = [position for position, type_ in enumerate(columns.values()) if type_ == "timestamp"]
    if not (source.timestampformats and positions):
        return ""
    with file.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        row = next((row for number, row in enumerate(csv.reader(lines)) if number and len(row) > positions[0]), [])
    text = row[positions[0]] if row else ""
    matching = (pattern for pattern in source.timestampformats if is_written_as(text, pattern))
    return next((f", timestampformat = {literal(pattern)}" for pattern in matching), "")


def is_written_as(text: str, pattern: str) -> bool:
    try:
        datetime.strptime(text, pattern)
    except ValueError:
        return False
    return True


def write_unreadable(con: duckdb.DuckDBPyConnection, path: Path) -> int:
    """Writes the lines that DuckDB rejected; returns their number."""
    lines = """
        select file_path.parse_filename() as file, line, any_value(csv_line) as text, any_value(error_message) as reason
        from reject_errors join reject_scans using (scan_id, file_id) group by all order by file, line
    """
    if count := con.execute(f"select count(*) from ({lines})").fetchall()[0][0]:
        con.execute(f"copy ({lines}) to {literal(path)} (format csv, header)")
    return int(count)
