"""Zip archives of CSV files or of a shapefile: unpacks their data files and refuses unsafe paths."""

import errno
import logging
import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PurePosixPath

from pipeline.errors import BadFile
from pipeline.ingest.formats import ZIP_MAGIC

log = logging.getLogger(__name__)

DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error),
    *(EOFError, NotImplementedError, RuntimeError, ValueError, LookupError, OverflowError, MemoryError),
)
"""What zipfile and the modules that it unpacks with raise for a damaged archive, besides OSError."""
MAX_FILES = 2_000
"""Files in an archive and in the archives within it: the largest, of a year with its months twice, has about 200."""
MAX_DEPTH = 4
"""Archives within one another: that of 2024-09 contains archives, those of years contain folders or archives."""
MAX_NAME_BYTES = 200
"""Length of a file's name: file systems allow 255 bytes, of which a suffix needs some."""
MAX_LINE_BYTES = 2_000_000
"""Length of a line: DuckDB's limit, which it compares with what it has in memory; rides have lines of 200 bytes."""
MAX_RATIO = 200
"""Unpacked bytes for each byte of the archive: rides are packed to a fifth or a sixth, Deflate's limit is 1,032."""
RATIO_BEGINS_AT = 100_000_000
"""Unpacked bytes up to which the ratio does not matter."""
METHODS = {8: "Deflate", 9: "Deflate64", 93: "Zstandard", 95: "XZ", 97: "WavPack", 98: "PPMd", 99: "AES encryption"}
"""Names of methods of compression, by their numbers in archives (APPNOTE 6.3.10 §4.4.5)."""
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
    Raises BadFile for an archive that is damaged, unsafe, larger than its limits, or that has no CSV file of the month.
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
    """Unpacks one archive, and counts down the files and the bytes that it may still unpack."""

    def __init__(self, suffixes: Sequence[str], folder: Path, max_bytes: int, month: date | None = None) -> None:
        self.suffixes = suffixes
        self.folder = folder
        self.files_left = MAX_FILES
        self.bytes_left = self.max_bytes = max_bytes
        self.month = month
        self.landed_bytes = 0

    def files(self, path: Path, number: str) -> Iterator[Member]:
        """Unpacks the data files of an archive. ``number`` is its place: ``0.3`` is the fourth file of it."""
        if (depth := number.count(".")) > MAX_DEPTH:
            raise BadFile(f"{path.name} is nested in {depth} archives, expected at most {MAX_DEPTH}")
        self.landed_bytes = self.landed_bytes or path.stat().st_size
        with damage_of(path.name, "the list of its files, at its end, is damaged or incomplete"):
            self.count(path, entries_of(path))
            archive = zipfile.ZipFile(path)
        with archive:
            self.count(path, len(archive.infolist()))
            check_begin(path, archive)
            self.files_left -= len(archive.infolist())
            for index, info in enumerate(archive.infolist()):
                check_name(path, info.filename)
                if is_data(info, self.suffixes) and self.is_of_month(info.filename):
                    yield from self.member(archive, info, f"{number}.{index}")

    def count(self, path: Path, files: int) -> None:
        """Raises BadFile for too many files in this archive and in those that contain it, up to here."""
        if files > self.files_left:
            expected = f"expected at most {MAX_FILES:,} with those of archives within it"
            raise BadFile(f"{path.name} contains {files:,} files, {expected}")

    def member(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo, number: str) -> Iterator[Member]:
        # Without characters that stand for others in paths that DuckDB reads.
        name = re.sub(r"[^\w .()+,=@~-]", "_", PurePosixPath(info.filename).name)
        target = self.folder / number / name
        target.parent.mkdir(parents=True)
        size = self.copy(archive, info, target)
        if target.suffix.lower() == ".zip":
            yield from self.files(target, number)
            target.unlink()
        else:
            yield Member(target, size, info.CRC)

    def copy(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path) -> int:
        """Unpacks a file; returns its size."""
        label = Path(archive.filename or "").name
        with damage_of(label, f"{info.filename} does not begin where the list of files says"):
            try:
                packed = archive.open(info)
            except (NotImplementedError, RuntimeError) as error:
                raise BadFile(
                    f"{label}: {info.filename} is {packing_of(info)}, which Python cannot unpack; ask the publisher "
                    "for a file that is packed by Deflate, or pack it again yourself and serve it under its name from "
                    "an address of your own (docs/settings.md)"
                ) from error
        line_bytes = 0
        damaged = f"the bytes of {info.filename} are damaged: they end early, or do not give what was packed (checksum)"
        with damage_of(label, damaged), packed, target.open("wb") as file:
            while chunk := packed.read(CHUNK):
                self.bytes_left -= len(chunk)
                self.check_size(label)
                line_bytes = 0 if b"\n" in chunk or b"\r" in chunk else line_bytes + len(chunk)
                if line_bytes > MAX_LINE_BYTES and target.suffix.lower() == ".csv":
                    raise BadFile(f"{label}: {info.filename} has a line of more than {MAX_LINE_BYTES:,} bytes")
                file.write(chunk)
        return target.stat().st_size

    def check_size(self, label: str) -> None:
        """Raises BadFile where more was unpacked than is allowed."""
        unpacked = self.max_bytes - self.bytes_left
        if unpacked > self.max_bytes:
            raise BadFile(
                f"{label} unpacks to more than {self.max_bytes:,} bytes; raise "
                "max_unpacked_bytes in the source's YAML if the archive is valid"
            )
        if unpacked > max(RATIO_BEGINS_AT, MAX_RATIO * self.landed_bytes):
            raise BadFile(
                f"{label} unpacks to {unpacked:,} bytes or more, {MAX_RATIO} times the {self.landed_bytes:,} bytes of "
                "the published file; expected 5 to 10 times"
            )

    def is_of_month(self, name: str) -> bool:
        """Whether a yearly archive's file has the month in its name; true for every file of a monthly archive."""
        found = MONTH_IN_NAME.search(PurePosixPath(name).name)
        if self.month is None or not found:
            return self.month is None
        return (int(found[1]), int(found[2])) == (self.month.year, self.month.month)


def entries_of(path: Path) -> int:
    """How many files the archive says that it has, or could list: zipfile reads the list as a whole, whatever its size.

    Raises BadZipFile where the archive has no list, or ends before the comment that follows it: zipfile would not.
    """
    with path.open("rb") as file:
        end = zipfile._EndRecData(file)  # type: ignore[attr-defined]
    if not end or len(end[8]) < end[7]:
        raise zipfile.BadZipFile("File is not a zip file")
    return int(max(end[4], end[5] // 1000))  # an entry has 46 bytes, and names and comments of its own


@contextmanager
def damage_of(label: str, what: str) -> Iterator[None]:
    """Raises BadFile, which names what is damaged, instead of zipfile's errors, whose messages do not."""
    try:
        yield
    except DAMAGED as error:
        raise BadFile(f"{label} cannot be unpacked: {what}") from error
    except OSError as error:
        if error.errno not in {None, errno.EINVAL}:  # bzip2's errors have no number, a bad position is EINVAL
            raise
        raise BadFile(f"{label} cannot be unpacked: {what}") from error


def packing_of(info: zipfile.ZipInfo) -> str:
    """How a file is packed that Python cannot unpack: by its method, or by its flags (APPNOTE 6.3.10 §4.4.4)."""
    method = METHODS.get(info.compress_type, f"method {info.compress_type}")
    if info.flag_bits & 0x41:
        return f"encrypted ({method})"
    return "a patch of another file" if info.flag_bits & 0x20 else f"packed by {method}"


def check_begin(path: Path, archive: zipfile.ZipFile) -> None:
    """Raises BadFile for bytes before the first listed file, such as another archive: zipfile skips them."""
    begin = min((info.header_offset for info in archive.infolist()), default=0)
    with path.open("rb") as file:
        file.seek(max(begin, 0))
        is_file = file.read(len(ZIP_MAGIC)) == ZIP_MAGIC  # else the list is damaged
    if begin > 0 and is_file:
        raise BadFile(f"{path.name} has {begin:,} bytes before the first file of its list, expected none")


def check_name(archive: Path, name: str) -> None:
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or re.match(r"[A-Za-z]:", name):
        outside = f"{name[:100]!r}, a path outside of its folder"
        raise BadFile(f"{archive.name} contains {outside}; the archive is not unpacked")
    if (size := len(path.name.encode(errors="replace"))) > MAX_NAME_BYTES:
        raise BadFile(
            f"{archive.name} contains {path.name[:40]!r}…, a name of {size:,} bytes, expected at most {MAX_NAME_BYTES}"
        )


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
    if parts and undivided and is_copy(undivided, parts, yearly, archive):
        log.info("%s: ignored, because it is a copy of its %d parts", ", ".join(m.name for m in undivided), len(parts))
        undivided = []
    return sorted(parts + undivided, key=lambda member: natural_key(member.name))


def is_copy(undivided: Sequence[Member], parts: Sequence[Member], yearly: bool, archive: str) -> bool:
    """Whether the undivided files have as many rows as the parts, the first and the last row of each part among them.

    In a yearly archive, which may have months twice, as many rows are sufficient: copies may be written in other ways.
    Raises BadFile for nearly as many rows, and in a monthly one for other rows: they may be a copy or not.
    """
    wanted, expected, found = set[str](), 0, 0
    for part in parts:
        first = last = None
        for last in rows_of(part):
            first = first or last
            expected += 1
        wanted |= {row for row in (first, last) if row}
    for member in undivided:
        for row in rows_of(member):
            wanted.discard(row)
            found += 1
    if abs(found - expected) > 0.01 * expected:
        return False
    if found != expected or (wanted and not yearly):
        names = ", ".join(member.name for member in undivided)
        raise BadFile(
            f"{archive} contains {names} with {found:,} rows and its parts with {expected:,} rows, of which some are "
            "other ones: expected the same rows, or clearly others"
        )
    return True


def rows_of(member: Member) -> Iterator[str]:
    """The lines of a CSV file below its first, without quotes: copies may be quoted in other ways."""
    with member.path.open(encoding="latin-1") as lines:
        next(lines, None)
        yield from filter(None, (line.replace('"', "").strip() for line in lines))


def natural_key(name: str) -> list[tuple[int, str]]:
    """A key that sorts ``_2`` before ``_10``."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name)]
