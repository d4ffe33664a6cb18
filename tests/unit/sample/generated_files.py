"""Read generated files without the pipeline."""

import contextlib
import csv
import hashlib
import io
import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb

from pipeline.sample.generate import GeneratedFile, generate

TRIP_SOURCES = ("yellow_taxi", "green_taxi", "fhv_taxi", "hvfhv_taxi", "citibike", "citibike_jc")
MONTHS = (date(2024, 1, 1), date(2024, 2, 1))
ANOMALOUS_MONTH = MONTHS[1]

TIME_FORMATS = ("%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%d %H:%M:%S", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M")
NULLS = ("", "NULL", r"\N")
MODERN = date(2021, 2, 1)


def generate_small(root: Path, months: list[date], *sources: str, **options: Any) -> list[GeneratedFile]:
    """Generate 2% of the demo's rows."""
    return generate(root, months, sources=sources, scale=0.02, **options)


def number(sql: str) -> int:
    """The one value of a query."""
    [[value]] = duckdb.execute(sql).fetchall()
    return int(value)


def repeated_rows(parquet: Path) -> int:
    """The number of rows that equal an earlier row."""
    return number(f"select count(*) - (select count(*) from (select distinct * from '{parquet}')) from '{parquet}'")


def members(archive: Path | io.BytesIO) -> dict[str, bytes]:
    """The members of an archive by path, with those of nested archives in the place of these."""
    found: dict[str, bytes] = {}
    with zipfile.ZipFile(archive) as opened:
        for name in opened.namelist():
            content = opened.read(name)
            nested = members(io.BytesIO(content)) if name.endswith(".zip") else {}
            found |= {f"{name}/{path}": data for path, data in nested.items()} or {name: content}
    return found


def csv_texts(archive: Path, month: date) -> list[str]:
    """The texts of the month's CSVs."""
    return [
        content.decode()
        for name, content in members(archive).items()
        if "__MACOSX" not in name and f"{month:%Y%m}" in name.split("/")[-1]
    ]


def header(archive: Path, month: date) -> list[str]:
    """The header of the month's first CSV."""
    return next(csv.reader(io.StringIO(csv_texts(archive, month)[0])))


def ride_rows(archive: Path, month: date) -> list[list[str]]:
    """The rows of the month's CSVs, without headers and without lines of another number of fields."""
    found: list[list[str]] = []
    for text in csv_texts(archive, month):
        names, *rows = csv.reader(io.StringIO(text))
        found += [row for row in rows if len(row) == len(names)]
    return found


def rides(archive: Path, month: date) -> list[tuple[Any, ...]]:
    """The month's rides as values: times of any format are datetimes, and nulls are None."""
    columns = 15 if month < MODERN else 13
    return [tuple(value_of(text) for text in row[:columns]) for row in ride_rows(archive, month)]


def value_of(text: str) -> Any:
    for time_format in TIME_FORMATS if ":" in text else ():
        with contextlib.suppress(ValueError):
            return datetime.strptime(text, time_format)
    return None if text in NULLS else text


def file_hashes(root: Path) -> dict[str, str]:
    """The SHA-256 of each file below ``root``, by path."""
    files = (path for path in root.rglob("*") if path.is_file())
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
