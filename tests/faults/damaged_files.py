"""What a published file may be instead of a good one: the faults of files in test_fault_campaign.py.

Each is a function of the good file. None of them is a month: all must be refused.
"""

import io
import json
import struct
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import duckdb

Damage = Callable[[bytes], bytes]


def patched(content: bytes, offset: int, patch: bytes) -> bytes:
    """The content with other bytes at the offset; a negative one counts from its end."""
    offset %= len(content)
    return content[:offset] + patch + content[offset + len(patch) :]


# ---------------------------------------------------------------- Parquet


def selected(query: str) -> Damage:
    """A Parquet file with the rows that the query gives of the good one, ``file``."""

    def damage(content: bytes) -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            good, bad = Path(folder, "good.parquet"), Path(folder, "bad.parquet")
            good.write_bytes(content)
            with duckdb.connect() as con:
                con.execute(f"create view file as from read_parquet('{good}')")
                con.execute(f"copy ({query}) to '{bad}' (format parquet)")
            return bad.read_bytes()

    return damage


def footer_bytes(content: bytes) -> int:
    """The length of a Parquet file's footer, which stands before the last four bytes."""
    (length,) = struct.unpack("<I", content[-8:-4])
    return int(length)


PARQUET: Mapping[str, Damage] = {
    "magic alone": lambda content: b"PAR1" + bytes(50_000) + b"PAR1",
    "first bytes lost": lambda content: content[10:],
    "footer of zeros": lambda content: patched(content, -8 - footer_bytes(content), bytes(footer_bytes(content))),
    "last byte lost": lambda content: content[:-1],
    "footer too long": lambda content: patched(content, -8, struct.pack("<I", 2**31)),
    "footer of length 0": lambda content: patched(content, -8, bytes(4)),
    "pages of zeros": lambda content: patched(content, 4, bytes(len(content) // 3)),
    "middle lost": lambda content: content[: len(content) // 3] + content[len(content) // 2 :],
    "encrypted": lambda content: b"PARE" + content[4:-4] + b"PARE",
    "a column missing": selected("select * exclude (lpep_pickup_datetime) from file"),
    "columns renamed": selected("select columns(*) as 'the_\\0' from file"),
    "a column twice": selected("select *, lpep_pickup_datetime as LPEP_PICKUP_DATETIME from file"),
}


# ---------------------------------------------------------------- CSV, and archives of it


def without_first(lines: bytes) -> bytes:
    return lines.split(b"\n", 1)[1]


def with_rows(content: bytes, share: float, row: bytes) -> bytes:
    rows = content.splitlines()
    return b"\n".join([*rows, *[row] * max(1, int(len(rows) * share))]) + b"\n"


CSV: Mapping[str, Damage] = {
    "no names of columns": without_first,
    "names of columns alone": lambda content: content.split(b"\n", 1)[0] + b"\n",
    "an empty line alone": lambda content: b"\n",
    "another delimiter": lambda content: content.replace(b",", b";"),
    "UTF-16": lambda content: content.decode().encode("utf-16"),
    "nulls between rows": lambda content: content.replace(b"\n", b"\n\0\0\0\n"),
    "an unclosed quote": lambda content: content.replace(b"\n", b'\n"', 2),
    "rows with too few columns": lambda content: with_rows(content, 0.1, b"a,b"),
    "rows with too many columns": lambda content: with_rows(content, 0.1, b"a," * 60),
    "rows of another encoding": lambda content: with_rows(content, 0.1, b"\xff\xfe,\xe9,\xe9"),
    "HTML after the rows": lambda content: content + b"<html><body>Service unavailable\n</body></html>\n" * 5,
    "a line of 5 MB": lambda content: content + b"x" * 5_000_000 + b"\n",
}


def archive(members: Mapping[str, bytes], **options: Any) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", **({"compression": zipfile.ZIP_DEFLATED} | options)) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return packed.getvalue()


def members_of(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        return {name: file.read(name) for name in file.namelist() if "__MACOSX" not in name}


def each_member(damage: Damage) -> Damage:
    return lambda content: archive({name: damage(member) for name, member in members_of(content).items()})


def renamed(name: str) -> Damage:
    """The archive with its members under this name; ``{}`` in it is their number."""
    return lambda content: archive({name.format(n): one for n, one in enumerate(members_of(content).values())})


def nested(depth: int) -> Damage:
    def damage(content: bytes) -> bytes:
        for _ in range(depth):
            content = archive({"rides.zip": content})
        return content

    return damage


def in_headers(local: int, central: int, patch: bytes) -> Damage:
    """Other bytes at these offsets of each local header and of each entry in the archive's directory."""

    def damage(content: bytes) -> bytes:
        for magic, offset in ((b"PK\x03\x04", local), (b"PK\x01\x02", central)):
            at = -1
            while (at := content.find(magic, at + 1)) >= 0:
                content = patched(content, at + offset, patch)
        return content

    return damage


ARCHIVE: Mapping[str, Damage] = {
    "no files": lambda content: archive({}),
    "none of the files": renamed("{}.txt"),
    "files of macOS alone": renamed("__MACOSX/._{}.csv"),
    "folders alone": renamed("{}.csv/"),
    "a path outside": renamed("../../{}.csv"),
    "an absolute path": renamed("/tmp/{}.csv"),
    "a path of Windows": renamed("C:\\{}.csv"),
    "a name of 300 bytes": renamed("x" * 300 + "{}.csv"),
    "20 archives within one another": nested(20),
    "3,000 files": lambda content: archive({f"{number}.csv": b"" for number in range(3000)}),
    "files of zeros": lambda content: archive({"rides.csv": bytes(150_000_000)}),
    "directory lost": lambda content: content[: content.index(b"PK\x01\x02")] + content[-22:],
    "directory of zeros": lambda content: patched(content, content.index(b"PK\x01\x02"), bytes(46)),
    "directory elsewhere": lambda content: patched(content, content.rindex(b"PK\5\6") + 16, struct.pack("<I", 2**31)),
    "last byte lost": lambda content: content[:-1],
    "bytes of a file changed": lambda content: patched(content, 200, bytes(20)),
    "another checksum": in_headers(14, 16, b"\1\2\3\4"),
    "encrypted": in_headers(6, 8, b"\1"),
    "Deflate64": in_headers(8, 10, b"\x09"),
    "a method that does not exist": in_headers(8, 10, b"\xee"),
    "first bytes lost": lambda content: content[10:],
    "middle lost": lambda content: content[: len(content) // 3] + content[len(content) // 2 :],
}
ZIP: Mapping[str, Damage] = {
    **ARCHIVE,
    "two files of one name": lambda content: archive({"a/x.csv": b"1", "b/x.csv": b"2"}),
    "empty files": each_member(lambda _: b""),
    "HTML": each_member(lambda _: b"<html><title>Too busy</title>"),
    # A month may have no rows, so that names of columns alone are no damage there.
    **{f"CSV: {name}": each_member(damage) for name, damage in CSV.items() if "columns alone" not in name},
}


# ---------------------------------------------------------------- shapefiles


def in_part(suffix: str, damage: Damage) -> Damage:
    return lambda content: archive(
        {name: damage(part) if name.endswith(suffix) else part for name, part in members_of(content).items()}
    )


def without_part(suffix: str) -> Damage:
    return lambda content: archive(
        {name: part for name, part in members_of(content).items() if not name.endswith(suffix)}
    )


SHAPEFILE: Mapping[str, Damage] = {
    **ARCHIVE,
    **{f"no {suffix}": without_part(suffix) for suffix in (".shp", ".shx", ".dbf", ".prj")},
    **{
        f"{suffix} cut": in_part(suffix, lambda content: content[: len(content) // 2])
        for suffix in (".shp", ".shx", ".dbf", ".prj")
    },
    **{
        f"{suffix} of zeros": in_part(suffix, lambda content: bytes(len(content)))
        for suffix in (".shp", ".shx", ".dbf", ".prj")
    },
    "no projection": in_part(".prj", lambda _: b"feet"),
    "another projection": in_part(
        ".prj",
        lambda _: (
            b'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563]],'
            b'PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]]'
        ),
    ),
    "lines for polygons": in_part(".shp", lambda content: patched(content, 108, struct.pack("<i", 3))),
    "two shapefiles": lambda content: archive(members_of(content) | {"older.shp": b"", "older.dbf": b""}),
    "another name of a column": in_part(".dbf", lambda content: content.replace(b"LocationID", b"ZoneNumber")),
}


# ---------------------------------------------------------------- weather


def answered(change: Callable[[dict[str, Any]], object]) -> Damage:
    def damage(content: bytes) -> bytes:
        answer = json.loads(content)
        change(answer)
        return json.dumps(answer).encode()

    return damage


def values_of(variable: str, change: Callable[[list[Any]], object]) -> Damage:
    return answered(lambda answer: change(answer["hourly"][variable]))


def shifted(hours: list[str]) -> None:
    hours[:] = [*hours[5:], *hours[:5]]


JSON: Mapping[str, Damage] = {
    "a list": lambda content: b"[" + content + b"]",
    "nested 100,000 deep": lambda content: b"[" * 100_000,
    "nested in an object": lambda content: b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "UTF-16": lambda content: content.decode().encode("utf-16"),
    "not UTF-8": lambda content: content.replace(b"GMT", b"\xff\xfe"),
    "half a surrogate": lambda content: content.replace(b'"GMT"', b'"\\ud800"', 1),
    "a number of 10,000 digits": lambda content: content.replace(b'"elevation": ', b'"elevation": ' + b"9" * 10_000, 1),
    "something behind it": lambda content: content + content,
    "NaN": values_of("rain", lambda values: values.__setitem__(5, float("nan"))),
    "Infinity": values_of("rain", lambda values: values.__setitem__(5, float("inf"))),
    "1e999": lambda content: content.replace(b'"rain": [', b'"rain": [1e999, ', 1),
    "a name twice": lambda content: content.replace(b'"hourly"', b'"hourly": {}, "hourly"', 1),
    "local time": answered(lambda answer: answer.update(utc_offset_seconds=-18000, timezone="America/New_York")),
    "an offset as text": answered(lambda answer: answer.update(utc_offset_seconds="0")),
    "another place": answered(lambda answer: answer.update(latitude=34.05, longitude=-118.24)),
    "no place": answered(lambda answer: answer.update(latitude=None)),
    "no units": answered(lambda answer: answer.pop("hourly_units")),
    "wind in km/h": answered(lambda answer: answer["hourly_units"].update(wind_speed_10m="km/h")),
    "°F": answered(lambda answer: answer["hourly_units"].update(temperature_2m="°F")),
    "inches": answered(lambda answer: answer["hourly_units"].update(precipitation="inch")),
    "unix times": answered(lambda answer: answer["hourly_units"].update(time="unixtime")),
    "no hours": answered(lambda answer: answer.pop("hourly")),
    "hours as a list": answered(lambda answer: answer.update(hourly=[answer["hourly"]])),
    "hours empty": answered(lambda answer: answer.update(hourly={})),
    "a variable missing": answered(lambda answer: answer["hourly"].pop("rain")),
    "a variable as text": answered(lambda answer: answer["hourly"].update(rain="none")),
    "values as lists": values_of("rain", lambda values: values.__setitem__(5, [0])),
    "values as truth": values_of("rain", lambda values: values.__setitem__(5, True)),
    "a value missing": values_of("rain", lambda values: values.pop()),
    "an hour missing": answered(lambda answer: [values.pop(9) for values in answer["hourly"].values()]),
    "an hour twice": answered(lambda answer: [values.insert(9, values[9]) for values in answer["hourly"].values()]),
    "hours in another order": values_of("time", shifted),
    "hours of another year": lambda content: content.replace(b'"2024-', b'"2023-'),
    "hours as numbers": values_of("time", lambda values: values.__setitem__(5, 1704067200)),
}  # fmt: skip


DAMAGES: Mapping[str, Mapping[str, Damage]] = {
    "parquet": PARQUET,
    "zip": ZIP,
    "csv": CSV,
    "shapefile": SHAPEFILE,
    "json": JSON,
}
