"""Landing -> Parquet: declared columns and types, the publisher's newest names, row for row in the published order."""

import csv
import logging
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path

import duckdb

from pipeline.database import Settings, connect, literal, quoted
from pipeline.errors import BadFile, SchemaChanged
from pipeline.ingest import shapes, unzip
from pipeline.ingest.formats import ZIPPED
from pipeline.results import Converted
from pipeline.sources import Column, Source

log = logging.getLogger(__name__)

MOST_UNREADABLE = 0.001
"""Share of rows that may be unreadable before the month fails."""


def files_of(converted: Converted, parquet: Path) -> list[Path]:
    """The files that a conversion wrote."""
    return [parquet, unreadable_of(parquet)] if converted.rows_unreadable else [parquet]


def unreadable_of(parquet: Path) -> Path:
    """Where the rows lie that could not be read: beside the others, as text with the reason."""
    return parquet.with_suffix(".unreadable.csv")


def to_parquet(source: Source, month: date, landed: Path, parquet: Path, part: Path, settings: Settings) -> Converted:
    """Writes the month's rows to ``part``, which will be called ``parquet``, and what cannot be read beside that.

    Archives are unpacked beside ``parquet`` as well, for as long as it takes.
    Raises SchemaChanged for a missing column, BadFile for an unsafe or empty archive and for more unreadable rows than
    ``MOST_UNREADABLE``; those stay, to be looked at.
    """
    parquet.parent.mkdir(parents=True, exist_ok=True)
    unreadable_of(parquet).unlink(missing_ok=True)
    what = f"{source.label(month)} {source.name}: {landed.name}"
    with opened(source, month, landed, parquet) as files, readable(what), connect(Path(":memory:"), settings) as con:
        query = " union all ".join(select(con, source, month, file) for file in files)
        written = con.execute(f"copy ({query}) to {literal(part)} (format parquet, compression zstd)").fetchall()[0][0]
        rejected = write_unreadable(con, unreadable_of(parquet)) if "store_rejects" in source.read else 0
        made = counted(con, source, files, part, written, rejected)
    count = made.rows_unreadable
    if count and not rejected:
        raise BadFile(f"{what}: {count:,} of {made.rows_published:,} lines are neither read nor refused by DuckDB")
    if count > made.rows_published * MOST_UNREADABLE:
        raise BadFile(
            f"{what}: {count:,} of {made.rows_published:,} rows cannot be read, at most {MOST_UNREADABLE:.1%} may be; "
            f"they are in {unreadable_of(parquet)}"
        )
    return made


@contextmanager
def readable(what: str) -> Iterator[None]:
    """BadFile for whatever DuckDB or Python's csv cannot make sense of."""
    try:
        yield
    except (csv.Error, duckdb.Error) as error:
        reason = str(error).splitlines()[0]
        raise BadFile(f"{what} cannot be read ({reason}); forget the month to have it fetched again") from error


@contextmanager
def opened(source: Source, month: date, landed: Path, parquet: Path) -> Iterator[list[Path]]:
    """The month's files as DuckDB can read them: the landed one, or those of the archive while the block runs."""
    if source.format not in ZIPPED:
        yield [landed]
        return
    work = parquet.with_suffix(".work")
    shutil.rmtree(work, ignore_errors=True)
    try:
        try:
            files = unpacked(source, month, landed, work)
        except BadFile as error:
            raise BadFile(f"{source.label(month)} {source.name}: {error}") from error
        yield files
    finally:
        shutil.rmtree(work, ignore_errors=True)


def unpacked(source: Source, month: date, landed: Path, work: Path) -> list[Path]:
    if source.format == "shapefile":
        return [shapes.to_json(unzip.unpack_shapefile(landed, work, source.max_unpacked_bytes), work)]
    return unzip.unpack(landed, month, work, source.max_unpacked_bytes)


def counted(
    con: duckdb.DuckDBPyConnection, source: Source, files: Sequence[Path], part: Path, written: int, rejected: int
) -> Converted:
    """The rows of text files, counted without DuckDB: it takes all that follows a quote never closed for one row.

    A row is a line that is not empty; a line break within a value that was read is none.
    """
    members = tuple(file.name for file in files)
    if "{columns}" not in source.read:
        return Converted(written, 0, members)
    lines = sum(lines_of(file) - 1 for file in files)
    if lines != written + rejected:
        texts = [quoted(column.name) for column in source.columns if column.type == "varchar"]
        breaks = " + ".join(f"coalesce(len({text}) - len(replace({text}, chr(10), '')), 0)" for text in texts)
        lines -= con.execute(f"select sum({breaks}) from read_parquet(?)", [str(part)]).fetchall()[0][0] or 0
    published = max(lines, written + rejected)  # a file whose lines end with \r alone is one line here
    return Converted(published, published - written, members)


def lines_of(file: Path) -> int:
    with file.open("rb") as lines:
        return sum(1 for line in lines if line.strip())


def select(con: duckdb.DuckDBPyConnection, source: Source, month: date, file: Path) -> str:
    """The query that reads one file with the declared columns and types."""
    published = published_columns(con, source, file)
    found = match(source, month, file, published)
    reading = reader(source, file, {name: found[name].type if name in found else "varchar" for name in published})
    by_column = {column.name: name for name, column in found.items()}
    values = {c.name: quoted(by_column[c.name]) if c.name in by_column else "null" for c in source.columns}
    fields = [f"{values[column.name]}::{column.type} as {quoted(column.name)}" for column in source.columns]
    return f"select {', '.join(fields)} from {reading}"


def match(source: Source, month: date, file: Path, published: Sequence[str]) -> dict[str, Column]:
    """Which published column is which declared one; SchemaChanged where one is missing, a warning where one is new."""
    declared = {name: column for column in source.columns for name in column.names}
    found = {name: declared[name.strip().lower()] for name in published if name.strip().lower() in declared}
    missing = [c.name for c in source.columns if c.is_required_in(month) and c not in found.values()]
    if missing:
        raise SchemaChanged(
            f"{source.label(month)} {source.name}: {file.name} lacks {', '.join(missing)}; "
            f"it has {', '.join(published)[:500]}; name the new spelling in "
            f"config/sources/{source.name}.yaml, or forget the month to have it fetched again"
        )
    if new := [name for name in published if name not in found]:
        log.warning("%s %s: left out columns that are not declared: %s", source.label(month), file.name, ", ".join(new))
    return found


def published_columns(con: duckdb.DuckDBPyConnection, source: Source, file: Path) -> list[str]:
    if "{columns}" not in source.read:
        return [row[0] for row in con.execute(f"describe select * from {reader(source, file, {})}").fetchall()]
    with file.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        header = next(csv.reader(lines), [])
    return [name if name and name not in header[:i] else f"column{i}" for i, name in enumerate(header)]


def reader(source: Source, file: Path, columns: Mapping[str, str]) -> str:
    """The source's FROM clause for one file."""
    return source.read.format(
        file=literal(str(file)),
        columns="{" + ", ".join(f"{literal(name)}: {literal(type_)}" for name, type_ in columns.items()) + "}",
        timestampformat=timestampformat(source, file, columns),
    )


def timestampformat(source: Source, file: Path, columns: Mapping[str, str]) -> str:
    """The option that tells DuckDB how the file writes times, where that is not ISO: judged by its first row."""
    places = [place for place, type_ in enumerate(columns.values()) if type_ == "timestamp"]
    if not (source.timestampformats and places):
        return ""
    with file.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        row = next((row for number, row in enumerate(csv.reader(lines)) if number and len(row) > places[0]), [])
    text = row[places[0]] if row else ""
    fitting = (pattern for pattern in source.timestampformats if is_written_as(text, pattern))
    return next((f", timestampformat = {literal(pattern)}" for pattern in fitting), "")


def is_written_as(text: str, pattern: str) -> bool:
    try:
        datetime.strptime(text, pattern)
    except ValueError:
        return False
    return True


def write_unreadable(con: duckdb.DuckDBPyConnection, path: Path) -> int:
    """Keeps the rejected lines as text; returns how many there are."""
    lines = """
        select file_path.parse_filename() as file, line, any_value(csv_line) as text, any_value(error_message) as reason
        from reject_errors join reject_scans using (scan_id, file_id) group by all order by file, line
    """
    if count := con.execute(f"select count(*) from ({lines})").fetchall()[0][0]:
        con.execute(f"copy ({lines}) to {literal(path)} (format csv, header)")
    return int(count)
