"""Landing -> Parquet: declared columns, names and types; rows in the published order.

A published Parquet file in which they need no conversion is used as it is (as_published.py).
"""

import csv
import logging
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import duckdb

from pipeline.database import Settings, connect, exactly, file_argument, literal, quoted, reporting_progress
from pipeline.errors import BadFile, MobilityError
from pipeline.ingest import as_published, shapes, unzip
from pipeline.ingest.csv_lines import count_lines
from pipeline.ingest.formats import ZIPPED
from pipeline.ingest.legible import legible_copy
from pipeline.ingest.open_meteo import check_answer
from pipeline.ingest.readings import readings_of, reads_csv
from pipeline.ingest.type_differences import type_differences
from pipeline.paths import atomic_write
from pipeline.results import Converted
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

    Nobody may write to ``parquet`` afterwards: it may be another name of the landed file.
    An archive is unpacked into a temporary folder next to ``parquet``.
    Raises SchemaChanged for a missing column, BadFile for an unsafe archive, for a static file without rows (a month
    may have none: a finding says so) and for a larger share of unreadable rows than ``MAX_UNREADABLE_SHARE``; the CSV
    file of unreadable rows is then stored for inspection.
    """
    parquet.parent.mkdir(parents=True, exist_ok=True)
    unreadable_of(parquet).unlink(missing_ok=True)
    part.unlink(missing_ok=True)  # of a killed run: it may be another name of a landed file
    label = f"{source.label(month)} {source.name}: {landed.name}"
    if source.format == "json":
        check_answer(source, next(iter(source.urls_of(month))), landed, label)
    with open_files(source, month, landed, parquet) as files, convert_errors(label):
        try:
            converted = write_rows(source, month, files, parquet, part, settings)
        except duckdb.OutOfMemoryException:
            raise
        except duckdb.Error:
            legible = [legible_copy(file, work_of(parquet)) for file in files] if source.format == "parquet" else files
            if legible == files:
                raise
            converted = write_rows(source, month, legible, parquet, part, settings)
    for difference in converted.type_differences:
        log.warning("%s: %s", label, difference.sentence)
    if source.static and not converted.rows_published:
        raise BadFile(f"{label} has no rows, expected at least one")
    count = converted.rows_unreadable
    if count and not unreadable_of(parquet).exists():
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


def write_rows(
    source: Source, month: date, files: Sequence[Path], parquet: Path, part: Path, settings: Settings
) -> Converted:
    """Writes the rows of the files, and those that cannot be read."""
    label, names = f"{source.label(month)} {source.name}", tuple(file.name for file in files)
    with connect(Path(":memory:"), settings) as con:
        with labelled(label):
            lines = [count_lines(file) - 1 for file in files] if reads_csv(source) else []
        readings = readings_of(con, source, month, files)
        query = " union all ".join(reading.query for reading in readings)
        with reporting_progress(con):
            usable = as_published.count_rows(con, files[0], readings[0]) if source.format == "parquet" else None
            if usable is None:
                copy = f"copy ({query}) to {literal(part)} (format parquet, compression zstd)"
                written = con.execute(copy).fetchall()[0][0]
            else:
                as_published.link(files[0], part)
                written = usable
        if source.format == "parquet":
            with labelled(label):
                check_row_count(con, files, written)
        if usable is not None:
            return Converted(written, 0, names)
        rejected = write_unreadable(con, unreadable_of(parquet)) if reads_csv(source) else 0
        published = count_rows(con, source, lines, part, written, rejected)
        differences = type_differences(con, source, readings, part)
    return Converted(published, published - written, names, differences)


def check_row_count(con: duckdb.DuckDBPyConnection, files: Sequence[Path], written: int) -> None:
    """Raises BadFile where Parquet files state another number of rows than their row groups have."""
    paths = ", ".join(literal(exactly(file)) for file in files)
    ((stated,),) = con.execute(f"select sum(num_rows) from parquet_file_metadata([{paths}])").fetchall()
    if stated != written:
        names = ", ".join(file.name for file in files)
        raise BadFile(f"{names}: its footer states {stated:,} rows, its row groups have {written:,}")


@contextmanager
def convert_errors(label: str) -> Iterator[None]:
    """Raises BadFile instead of errors of DuckDB and of Python's csv module; for too little memory, MobilityError."""
    try:
        yield
    except duckdb.OutOfMemoryException as error:
        reason = str(error).splitlines()[0]
        raise MobilityError(f"{label}: {reason}; raise convert_memory_gb of [mobility] in luigi.cfg") from error
    except csv.Error as error:
        raise BadFile(f"{label} cannot be read: its line of column names is damaged") from error
    except duckdb.Error as error:
        raise BadFile(f"{label} cannot be read: {meaning_of(error)}") from error


def meaning_of(error: duckdb.Error) -> str:
    """What DuckDB's error means for the file, and the error itself without its kind and the path of the file."""
    text = str(error).splitlines()[0]
    if "state machine reached an invalid state" in text:
        return "lines end in different ways, or a quote is not closed"
    text = re.sub(r"^\w+( \w+)* Error: |^\w+Exception: |,? ?(in |for )?file ['\"][^'\"]*['\"]", "", text)
    return f'it is damaged, or written as DuckDB does not read it (DuckDB: "{text}")'


@contextmanager
def labelled(label: str) -> Iterator[None]:
    """Raises BadFile with the label before its message."""
    try:
        yield
    except BadFile as error:
        raise BadFile(f"{label}: {error}") from error


@contextmanager
def open_files(source: Source, month: date, landed: Path, parquet: Path) -> Iterator[list[Path]]:
    """Yields the files that DuckDB reads: the landed file, or the archive's members. Deletes the work folder."""
    work = work_of(parquet)
    shutil.rmtree(work, ignore_errors=True)
    try:
        with labelled(f"{source.label(month)} {source.name}"):
            files = unpack(source, month, landed, work) if source.format in ZIPPED else [landed]
        yield files
    finally:
        shutil.rmtree(work, ignore_errors=True)


def work_of(parquet: Path) -> Path:
    """The folder, next to the Parquet file, of what is unpacked or copied for its conversion."""
    return parquet.with_suffix(".work")


def unpack(source: Source, month: date, landed: Path, work: Path) -> list[Path]:
    if source.format == "shapefile":
        return [shapes.to_json(unzip.unpack_shapefile(landed, work, source.max_unpacked_bytes), work)]
    return unzip.unpack(landed, month, work, source.max_unpacked_bytes)


def count_rows(
    con: duckdb.DuckDBPyConnection, source: Source, lines: Sequence[int], part: Path, written: int, rejected: int
) -> int:
    """The number of published rows, by their lines, because DuckDB reads everything after an unclosed quote as one row.

    A row is a line that is not empty; line breaks within quoted values are subtracted.
    """
    rows = sum(lines)
    if reads_csv(source) and rows != written + rejected:
        texts = [quoted(column.name) for column in source.columns if column.type == "varchar"]
        breaks = " + ".join(f"coalesce(len(regexp_extract_all({text}, '\\r\\n|\\r|\\n')), 0)" for text in texts)
        rows -= con.execute(f"select sum({breaks}) from read_parquet({file_argument(part)})").fetchall()[0][0] or 0
    return max(rows, written + rejected)


def write_unreadable(con: duckdb.DuckDBPyConnection, path: Path) -> int:
    """Writes the lines that DuckDB rejected; returns their number."""
    lines = """
        select file_path.parse_filename() as file, line, any_value(csv_line) as text, any_value(error_message) as reason
        from reject_errors join reject_scans using (scan_id, file_id) group by all order by file, line
    """
    if count := con.execute(f"select count(*) from ({lines})").fetchall()[0][0]:
        with atomic_write(path) as part:
            con.execute(f"copy ({lines}) to {literal(part)} (format csv, header)")
    return int(count)
