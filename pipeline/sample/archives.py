"""Citi Bike's archives: which file holds a month, and how the month's CSVs lie in it."""

import itertools
import shutil
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

CHUNK_LINES = 5_000
FIRST_MONTHLY, FIRST_NESTED_YEAR = date(2024, 1, 1), 2020
NESTED_MONTH = date(2024, 9, 1)
YEARS_WITH_TWO_COPIES = (2013, 2018)
JUNK = b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X        " + bytes(80)  # an AppleDouble header


@dataclass(frozen=True)
class Rides:
    """A month's rides on disk, and how they are to be cut into CSVs."""

    month: date
    lines: Path
    header: bytes
    rows_per_csv: int
    unreadable: int = 0


def is_yearly(source: str, month: date) -> bool:
    return source == "citibike" and month < FIRST_MONTHLY


def name_of(source: str, month: date) -> str:
    """The archive that holds the month; the suffix flips: .csv.zip to 2024-04, .zip to 2025-02, .csv.zip again."""
    if source == "citibike_jc":
        return f"tripdata/JC-{month:%Y%m}-citibike-tripdata.csv.zip"
    if is_yearly(source, month):
        return f"tripdata/{month:%Y}-citibike-tripdata.zip"
    suffix = ".zip" if date(2024, 5, 1) <= month < date(2025, 3, 1) else ".csv.zip"
    return f"tripdata/{month:%Y%m}-citibike-tripdata{suffix}"


def write_month(path: Path, rides: Rides) -> None:
    """One month's archive: its CSVs (each in a zip of its own in 2024-09), and what macOS leaves."""
    with created(path) as archive:
        for name, chunks in csvs(rides, path.name.split(".")[0]):
            if rides.month == NESTED_MONTH and not name.startswith("JC"):
                add_zip(archive, f"{name.removesuffix('.csv')}.zip", path.with_suffix(".inner"), iter([(name, chunks)]))
            else:
                add(archive, name, chunks)


def write_year(path: Path, months: Sequence[Rides]) -> None:
    """A year's archive: zips within the zip since 2020, folders of CSVs before, every month twice in 2013 and 2018."""
    folder = path.stem
    with created(path) as archive:
        for rides in months:
            name = f"{rides.month:%Y%m}-citibike-tripdata"
            if rides.month.year >= FIRST_NESTED_YEAR:
                add_zip(archive, f"{folder}/{name}.zip", path.with_suffix(".inner"), csvs(rides, name))
                continue
            for csv, chunks in csvs(rides, name):
                add(archive, f"{folder}/{rides.month.month}_{rides.month:%B}/{csv}", chunks)
            if rides.month.year in YEARS_WITH_TWO_COPIES:
                add(archive, f"{folder}/{name}.csv", whole(rides))


def csvs(rides: Rides, name: str) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Each CSV's name and its content in chunks, to be read before the next is asked for; Jersey City has one."""
    with rides.lines.open("rb") as lines:
        for number in itertools.count(1):
            if not (first := lines.readline()) and number > 1:
                return
            part = itertools.islice(lines, rides.rows_per_csv - 1)
            csv = f"{name}.csv" if name.startswith("JC") else f"{name}_{number}.csv"
            yield (
                csv,
                chunked(itertools.chain([rides.header, first], unreadable_lines(rides) if number == 1 else (), part)),
            )


def whole(rides: Rides) -> Iterator[bytes]:
    with rides.lines.open("rb") as lines:
        yield from chunked(itertools.chain([rides.header, lines.readline()], unreadable_lines(rides), lines))


def unreadable_lines(rides: Rides) -> Iterator[bytes]:
    """Lines with too few and too many fields."""
    for number in range(rides.unreadable):
        yield b"cut off,here\n" if number % 2 else b"one," * (rides.header.count(b",") + 3) + b"too many\n"


def chunked(lines: Iterator[bytes]) -> Iterator[bytes]:
    while chunk := b"".join(itertools.islice(lines, CHUNK_LINES)):
        yield chunk


def created(path: Path) -> zipfile.ZipFile:
    """A new archive whose bytes depend on nothing but its content: members opened by name are dated 1980."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1)


def add(archive: zipfile.ZipFile, name: str, chunks: Iterator[bytes]) -> None:
    """A member, and beside it the ``__MACOSX/._*`` of the same name, which is no data."""
    with archive.open(name, "w", force_zip64=True) as member:
        for chunk in chunks:
            member.write(chunk)
    folder, _, file = name.rpartition("/")
    with archive.open("/".join(filter(None, ("__MACOSX", folder, f"._{file}"))), "w") as member:
        member.write(JUNK)


def add_zip(archive: zipfile.ZipFile, name: str, scratch: Path, members: Iterator[tuple[str, Iterator[bytes]]]) -> None:
    """A member that is an archive itself, made at ``scratch``."""
    with created(scratch) as inner:
        for member, chunks in members:
            add(inner, member, chunks)
    with scratch.open("rb") as made, archive.open(name, "w", force_zip64=True) as outer:
        shutil.copyfileobj(made, outer, 1 << 20)
    scratch.unlink()
