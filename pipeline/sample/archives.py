"""Citi Bike's archives: the file that contains a month, and the layout of the CSVs in it."""

import itertools
import shutil
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pipeline.generated import ZIP_COMMENT

CHUNK_LINES = 5_000
FIRST_MONTHLY_ARCHIVE = date(2024, 1, 1)
FIRST_NESTED_YEAR, NESTED_MONTH = 2020, date(2024, 9, 1)
YEARS_WITH_TWO_COPIES = (2013, 2018)
APPLE_DOUBLE = b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X        " + bytes(80)


@dataclass(frozen=True)
class MonthOfRides:
    """A month's rides: a CSV without its header on disk, and the rows that each CSV of the archive has."""

    month: date
    lines: Path
    header: bytes
    rows_per_csv: int
    unreadable_lines: int = 0


def is_yearly(source: str, month: date) -> bool:
    return source == "citibike" and month < FIRST_MONTHLY_ARCHIVE


def file_of(source: str, month: date) -> str:
    """The path of the month's archive on the publisher's host. The suffix changes in 2024-05 and back in 2025-03."""
    if source == "citibike_jc":
        return f"tripdata/JC-{month:%Y%m}-citibike-tripdata.csv.zip"
    if is_yearly(source, month):
        return f"tripdata/{month:%Y}-citibike-tripdata.zip"
    suffix = ".zip" if date(2024, 5, 1) <= month < date(2025, 3, 1) else ".csv.zip"
    return f"tripdata/{month:%Y%m}-citibike-tripdata{suffix}"


def write_month(path: Path, rides: MonthOfRides) -> None:
    """Write a monthly archive with its CSVs, in 2024-09 each in an archive of its own."""
    with open_archive(path) as archive:
        for name, chunks in split_csvs(rides, path.name.split(".")[0]):
            if rides.month == NESTED_MONTH and not name.startswith("JC"):
                nested, scratch = f"{name.removesuffix('.csv')}.zip", path.with_suffix(".inner")
                add_nested_archive(archive, nested, scratch, iter([(name, chunks)]))
            else:
                add_member(archive, name, chunks)


def write_year(path: Path, months: Sequence[MonthOfRides]) -> None:
    """Write a yearly archive: nested archives since 2020, folders of CSVs before; in 2013 and 2018 each month twice."""
    folder = path.stem
    with open_archive(path) as archive:
        for rides in months:
            name = f"{rides.month:%Y%m}-citibike-tripdata"
            if rides.month.year >= FIRST_NESTED_YEAR:
                nested, scratch = f"{folder}/{name}.zip", path.with_suffix(".inner")
                add_nested_archive(archive, nested, scratch, split_csvs(rides, name))
                continue
            for csv, chunks in split_csvs(rides, name):
                add_member(archive, f"{folder}/{rides.month.month}_{rides.month:%B}/{csv}", chunks)
            if rides.month.year in YEARS_WITH_TWO_COPIES:
                add_member(archive, f"{folder}/{name}.csv", single_csv(rides))


def split_csvs(rides: MonthOfRides, name: str) -> Iterator[tuple[str, Iterator[bytes]]]:
    """The name and the content of each CSV; Jersey City has one.

    The chunks of a CSV must be read before the next CSV.
    """
    with rides.lines.open("rb") as lines:
        for number in itertools.count(1):
            if not (first := lines.readline()) and number > 1:
                return
            others = itertools.islice(lines, rides.rows_per_csv - 1)
            csv = f"{name}.csv" if name.startswith("JC") else f"{name}_{number}.csv"
            unreadable = unreadable_lines(rides) if number == 1 else ()
            yield csv, chunks_of(itertools.chain([rides.header, first], unreadable, others))


def single_csv(rides: MonthOfRides) -> Iterator[bytes]:
    """All rides of the month as one CSV."""
    with rides.lines.open("rb") as lines:
        yield from chunks_of(itertools.chain([rides.header, lines.readline()], unreadable_lines(rides), lines))


def unreadable_lines(rides: MonthOfRides) -> Iterator[bytes]:
    """Lines with too many and too few fields, in turn."""
    for number in range(rides.unreadable_lines):
        yield b"cut off,here\n" if number % 2 else b"one," * (rides.header.count(b",") + 3) + b"too many\n"


def chunks_of(lines: Iterator[bytes]) -> Iterator[bytes]:
    while chunk := b"".join(itertools.islice(lines, CHUNK_LINES)):
        yield chunk


def open_archive(path: Path) -> zipfile.ZipFile:
    """Open a new archive. Its bytes depend on its content alone, because members opened by name are dated 1980."""
    path.parent.mkdir(parents=True, exist_ok=True)
    archive = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
    archive.comment = ZIP_COMMENT
    return archive


def add_member(archive: zipfile.ZipFile, name: str, chunks: Iterator[bytes]) -> None:
    """Add a member, and its metadata file ``__MACOSX/._*``, as archives from macOS have."""
    with archive.open(name, "w", force_zip64=True) as member:
        for chunk in chunks:
            member.write(chunk)
    folder, _, file = name.rpartition("/")
    with archive.open("/".join(filter(None, ("__MACOSX", folder, f"._{file}"))), "w") as member:
        member.write(APPLE_DOUBLE)


def add_nested_archive(
    archive: zipfile.ZipFile, name: str, scratch: Path, members: Iterator[tuple[str, Iterator[bytes]]]
) -> None:
    """Add a member that is an archive itself. It is written to the file ``scratch`` first."""
    with open_archive(scratch) as nested:
        for member, chunks in members:
            add_member(nested, member, chunks)
    with scratch.open("rb") as content, archive.open(name, "w", force_zip64=True) as target:
        shutil.copyfileobj(content, target, 1 << 20)
    scratch.unlink()
