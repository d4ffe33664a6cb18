"""Zip archives of CSV files or of a shapefile: unpacks their data files and refuses unsafe paths."""

import logging
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PurePosixPath

from pipeline.errors import BadFile

log = logging.getLogger(__name__)

DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)
"""Errors of zipfile for a damaged archive; RuntimeError for an encrypted one."""
CHUNK = 1 << 20
CSVS = (".csv", ".zip")
SHAPEFILE = (".shp", ".shx", ".dbf", ".prj")
MONTH_IN_NAME = re.compile(r"(?<!\d)(20\d\d)-?(0[1-9]|1[0-2])(?!\d)")
PART = re.compile(r"(_|-part|-|\.csv_)\d{1,3}\.csv$", re.IGNORECASE)
"""``201801-citibike-tripdata_1.csv``, ``201701-citibike-tripdata.csv_1.csv``, ``202604-citibike-tripdata-part1.csv``"""


@dataclass(frozen=True)
class Member:
    """An unpacked file; ``crc`` is the checksum in the archive."""

    path: Path
    size: int
    crc: int

    @property
    def name(self) -> str:
        return self.path.name


def unpack(landed: Path, month: date, folder: Path, max_bytes: int) -> list[Path]:
    """Unpacks the month's CSV files into a folder, and returns them in the order of their names.

    All CSV files of a monthly archive are unpacked, and those of the month of a yearly one. In 2013 and 2018 yearly
    archives have each month twice, in parts and undivided; the parts are used.
    Raises BadFile for paths outside of the folder, for more than ``max_bytes``, and where there is no CSV file.
    """
    yearly = re.match(r"\d{4}\.", landed.name) is not None
    members = list(_Unpacker(CSVS, folder, max_bytes, month if yearly else None).files(landed, "0"))
    if not members:
        raise BadFile(f"{landed.name} contains no CSV file of the month, only {names_in(landed)}")
    return [member.path for member in drop_copies(members, yearly, landed.name)]


def unpack_shapefile(landed: Path, folder: Path, max_bytes: int) -> dict[str, Path]:
    """Unpacks the files of one shapefile into a folder, and returns them by suffix.

    Raises BadFile as ``unpack`` does, and where a file is missing or the archive has several shapefiles.
    """
    members = [member.path for member in _Unpacker(SHAPEFILE, folder, max_bytes).files(landed, "0")]
    parts = {path.suffix.lower(): path for path in members}
    if missing := [suffix for suffix in SHAPEFILE if suffix not in parts]:
        missing_files = ", ".join(missing)
        raise BadFile(f"{landed.name} contains no {missing_files}, only {names_in(landed)}")
    if len(members) > len(parts) or len({path.stem for path in members}) > 1:
        raise BadFile(f"{landed.name} contains several shapefiles, expected one: {names_in(landed)}")
    return parts


def names_in(landed: Path) -> str:
    with zipfile.ZipFile(landed) as archive:
        return ", ".join(archive.namelist())[:300] or "nothing"


class _Unpacker:
    """Unpacks one archive, and counts down the bytes that it may still unpack."""

    def __init__(self, suffixes: Sequence[str], folder: Path, max_bytes: int, month: date | None = None) -> None:
        self.suffixes = suffixes
        self.folder = folder
        self.bytes_left = self.max_bytes = max_bytes
        self.month = month

    def files(self, path: Path, number: str) -> Iterator[Member]:
        try:
            with zipfile.ZipFile(path) as archive:
                for index, info in enumerate(archive.infolist()):
                    check_name(path, info.filename)
                    if is_data(info, self.suffixes) and self.is_of_month(info.filename):
                        yield from self.member(archive, info, f"{number}.{index}")
        except DAMAGED as error:
            raise BadFile(f"{path.name} cannot be unpacked ({error})") from error

    def member(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo, number: str) -> Iterator[Member]:
        target = self.folder / number / PurePosixPath(info.filename).name
        target.parent.mkdir(parents=True)
        self.copy(archive, info, target)
        if target.suffix.lower() == ".zip":
            yield from self.files(target, number)
            target.unlink()
        else:
            yield Member(target, info.file_size, info.CRC)

    def copy(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path) -> None:
        with archive.open(info) as packed, target.open("wb") as file:
            while chunk := packed.read(CHUNK):
                self.bytes_left -= len(chunk)
                if self.bytes_left < 0:
                    raise BadFile(
                        f"{Path(archive.filename or '').name} unpacks to more than {self.max_bytes:,} bytes; raise "
                        "max_unpacked_bytes in the source's YAML if the archive is valid"
                    )
                file.write(chunk)

    def is_of_month(self, name: str) -> bool:
        """Whether a yearly archive's file has the month in its name; true for every file of a monthly archive."""
        found = MONTH_IN_NAME.search(PurePosixPath(name).name)
        if self.month is None or not found:
            return self.month is None
        return (int(found[1]), int(found[2])) == (self.month.year, self.month.month)


def check_name(archive: Path, name: str) -> None:
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or re.match(r"[A-Za-z]:", name):
        raise BadFile(f"{archive.name} contains {name!r}, a path outside of its folder; the archive is not unpacked")


def is_data(info: zipfile.ZipInfo, suffixes: Sequence[str]) -> bool:
    """Whether it is a file with one of the suffixes, and not metadata of macOS."""
    path = PurePosixPath(info.filename)
    junk = "__MACOSX" in path.parts or path.name.startswith(".")
    return not (junk or info.is_dir()) and path.suffix.lower() in suffixes


def drop_copies(members: list[Member], yearly: bool, archive: str) -> list[Member]:
    """Each file once, and only the parts of a month where the archive also has the undivided file."""
    by_name: dict[str, Member] = {}
    for member in members:
        twin = by_name.setdefault(member.name, member)
        if (twin.size, twin.crc) != (member.size, member.crc):
            raise BadFile(f"{archive} contains two different files named {member.name}")
    parts = [member for member in by_name.values() if PART.search(member.name)]
    undivided = [member for member in by_name.values() if member not in parts]
    if parts and undivided and (yearly or is_copy(undivided, parts)):
        log.info("%s: ignored, because it is a copy of its %d parts", ", ".join(m.name for m in undivided), len(parts))
        undivided = []
    return sorted(parts + undivided, key=lambda member: natural_key(member.name))


def is_copy(undivided: list[Member], parts: list[Member]) -> bool:
    """Whether the sizes differ by at most 1%, which allows for the header lines of the parts."""
    size, parts_size = sum(m.size for m in undivided), sum(m.size for m in parts)
    return abs(size - parts_size) <= 0.01 * parts_size


def natural_key(name: str) -> list[tuple[int, str]]:
    """A key that sorts ``_2`` before ``_10``."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]
