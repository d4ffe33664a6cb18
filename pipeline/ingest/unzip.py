"""Zip archives of CSV files or of a shapefile: every member that is data, nested archives too, nothing unsafe."""

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

CHUNK = 1 << 20
CSVS = (".csv", ".zip")
SHAPEFILE = (".shp", ".shx", ".dbf", ".prj")
MONTH_IN_NAME = re.compile(r"(?<!\d)(20\d\d)-?(0[1-9]|1[0-2])(?!\d)")
PART = re.compile(r"(_|-part|-|\.csv_)\d{1,3}\.csv$", re.IGNORECASE)
"""``201801-citibike-tripdata_1.csv``, ``201701-citibike-tripdata.csv_1.csv``, ``202604-citibike-tripdata-part1.csv``"""


@dataclass(frozen=True)
class Member:
    """One file, unpacked; ``crc`` as the archive gives it."""

    path: Path
    size: int
    crc: int

    @property
    def name(self) -> str:
        return self.path.name


def unpack(landed: Path, month: date, into: Path, most_bytes: int) -> list[Path]:
    """Unpacks the month's CSV files into a folder, and returns them in the order of their names.

    A year's archive holds other months as well, and in 2013 and 2018 each month twice, in parts and undivided: the
    parts are taken. A month's archive is taken whole.
    Raises BadFile for names that lead out of the folder, for more than ``most_bytes``, and where no CSV is found.
    """
    yearly = re.match(r"\d{4}\.", landed.name) is not None
    members = list(_Unpacking(CSVS, into, most_bytes, month if yearly else None).files(landed, "0"))
    if not members:
        raise BadFile(f"{landed.name} holds no CSV file of the month, only {names_in(landed)}")
    return [member.path for member in without_copies(members, yearly)]


def unpack_shapefile(landed: Path, into: Path, most_bytes: int) -> dict[str, Path]:
    """Unpacks the files that one shapefile consists of into a folder, and returns them by their suffixes.

    Raises BadFile as ``unpack`` does, and where one of them is missing or there are several shapefiles.
    """
    members = [member.path for member in _Unpacking(SHAPEFILE, into, most_bytes).files(landed, "0")]
    parts = {path.suffix.lower(): path for path in members}
    if missing := [suffix for suffix in SHAPEFILE if suffix not in parts]:
        raise BadFile(f"{landed.name} holds no {', '.join(missing)} of a shapefile, only {names_in(landed)}")
    if len(members) > len(parts) or len({path.stem for path in members}) > 1:
        raise BadFile(f"{landed.name} holds several shapefiles, one was expected: {names_in(landed)}")
    return parts


def names_in(landed: Path) -> str:
    with zipfile.ZipFile(landed) as archive:
        return ", ".join(archive.namelist())[:300] or "nothing"


class _Unpacking:
    """The state of one unpacking: what is wanted, where it goes, and how many bytes may still come."""

    def __init__(self, suffixes: Sequence[str], into: Path, most_bytes: int, month: date | None = None) -> None:
        self.suffixes = suffixes
        self.into = into
        self.left = self.most_bytes = most_bytes
        self.month = month

    def files(self, path: Path, number: str) -> Iterator[Member]:
        try:
            with zipfile.ZipFile(path) as archive:
                for place, info in enumerate(archive.infolist()):
                    check_name(path, info.filename)
                    if is_data(info, self.suffixes) and self.wants(info.filename):
                        yield from self.member(archive, info, f"{number}.{place}")
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:  # or encrypted
            raise BadFile(f"{path.name} cannot be unpacked ({error}); fetch it again later") from error

    def member(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo, number: str) -> Iterator[Member]:
        target = self.into / number / PurePosixPath(info.filename).name
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
                self.left -= len(chunk)
                if self.left < 0:
                    raise BadFile(
                        f"{Path(archive.filename or '').name} unpacks to more than {self.most_bytes:,} bytes "
                        "(max_unpacked_bytes of the source's YAML)"
                    )
                file.write(chunk)

    def wants(self, name: str) -> bool:
        """Of a year's archive the files that bear the month in their name, or nested archives that do not say."""
        found = MONTH_IN_NAME.search(PurePosixPath(name).name)
        if self.month is None or not found:
            return self.month is None
        return (int(found[1]), int(found[2])) == (self.month.year, self.month.month)


def check_name(archive: Path, name: str) -> None:
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or re.match(r"[A-Za-z]:", name):
        raise BadFile(f"{archive.name} holds {name!r}, a name that leads out of its folder: not unpacked")


def is_data(info: zipfile.ZipInfo, suffixes: Sequence[str]) -> bool:
    """A file of one of the suffixes; not what macOS leaves beside it."""
    path = PurePosixPath(info.filename)
    junk = "__MACOSX" in path.parts or path.name.startswith(".")
    return not (junk or info.is_dir()) and path.suffix.lower() in suffixes


def without_copies(members: list[Member], yearly: bool) -> list[Member]:
    """Each file once, and not both the parts of a month and the undivided file that they were cut from."""
    by_name: dict[str, Member] = {}
    for member in members:
        twin = by_name.setdefault(member.name, member)
        if (twin.size, twin.crc) != (member.size, member.crc):
            raise BadFile(f"holds two different files named {member.name}: cannot tell which one is meant")
    parts = [member for member in by_name.values() if PART.search(member.name)]
    undivided = [member for member in by_name.values() if member not in parts]
    if parts and undivided and (yearly or is_copy(undivided, parts)):
        log.info("%s: left out, being a copy of its %d parts", ", ".join(m.name for m in undivided), len(parts))
        undivided = []
    return sorted(parts + undivided, key=lambda member: natural(member.name))


def is_copy(undivided: list[Member], parts: list[Member]) -> bool:
    """Whether they are about as large as all the parts: a hundredth is left for the parts' own header lines."""
    whole, cut = sum(m.size for m in undivided), sum(m.size for m in parts)
    return abs(whole - cut) <= 0.01 * cut


def natural(name: str) -> list[tuple[int, str]]:
    """A key that sorts ``_2`` before ``_10``."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]
