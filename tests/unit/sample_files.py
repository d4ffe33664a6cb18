"""What lies in generated files: read without the pipeline."""

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

TRIPS = ("yellow_taxi", "green_taxi", "fhv_taxi", "hvfhv_taxi", "citibike", "citibike_jc")


def small(root: Path, months: list[date], *names: str, **options: Any) -> list[GeneratedFile]:
    return generate(root, months, sources=names, scale=0.02, **options)


def one(sql: str) -> int:
    [[value]] = duckdb.execute(sql).fetchall()
    return int(value)


def members(file: Path | io.BytesIO) -> dict[str, bytes]:
    """All that lies in an archive, and in the archives within it, by its path."""
    found: dict[str, bytes] = {}
    with zipfile.ZipFile(file) as archive:
        for name in archive.namelist():
            content = archive.read(name)
            inner = members(io.BytesIO(content)) if name.endswith(".zip") else {}
            found |= {f"{name}/{path}": data for path, data in inner.items()} or {name: content}
    return found


def csvs(file: Path, month: date) -> list[str]:
    """What the month's CSVs say, in whatever archive they lie."""
    inside = members(file).items()
    return [data.decode() for name, data in inside if "__MACOSX" not in name and f"{month:%Y%m}" in name.split("/")[-1]]


def rides(file: Path, month: date) -> list[list[str]]:
    """The month's lines, without headers and without what cannot be read."""
    lines: list[list[str]] = []
    for text in csvs(file, month):
        header, *rows = csv.reader(io.StringIO(text))
        lines += [row for row in rows if len(row) == len(header)]
    return lines


CLOCKS = ("%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%d %H:%M:%S", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M")
NOTHING = ("", "NULL", r"\N")


def read_rides(file: Path, month: date) -> list[tuple[Any, ...]]:
    """The month's lines as values: times are times however they are written, and what says nothing is None."""
    return [
        tuple(value_of(text) for text in row[: 15 if month < date(2021, 2, 1) else 13]) for row in rides(file, month)
    ]


def value_of(text: str) -> Any:
    for clock in CLOCKS if ":" in text else ():
        with contextlib.suppress(ValueError):
            return datetime.strptime(text, clock)
    return None if text in NOTHING else text


def header(file: Path, month: date) -> list[str]:
    return next(csv.reader(io.StringIO(csvs(file, month)[0])))


def sums(root: Path) -> dict[str, str]:
    files = (path for path in root.rglob("*") if path.is_file())
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
