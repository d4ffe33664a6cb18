"""Archives of any bytes are unpacked into their folder or refused in one line, in bounded time and memory."""

import io
import random
import shutil
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import BadFile, MobilityError
from pipeline.ingest import shapes, unzip
from pipeline.sample import polygons
from pipeline.sample.server import Fault
from pipeline.sample.zones import zones
from tests.conftest import Workspace

JANUARY = date(2018, 1, 1)
IN_A_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


def archive(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return packed.getvalue()


RIDES = b"ride_id,started_at\n" + random.Random(1).randbytes(300).hex().encode()
VALID = [
    archive({"201801-rides_1.csv": RIDES, "201801-rides_2.csv": RIDES}, method)
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
]
VALID.append(archive({"201801-rides.zip": VALID[1], "__MACOSX/._a.csv": b"x"}))


@st.composite
def damaged(draw: st.DrawFn, valid: list[bytes]) -> bytes:
    """A file with other bytes at a few places, without some, or cut."""
    content = bytearray(draw(st.sampled_from(valid)))
    for _ in range(draw(st.integers(0, 8))):
        place = draw(st.integers(0, len(content)))
        content[place : place + draw(st.integers(0, 4))] = draw(st.binary(max_size=4))
    return bytes(content[: draw(st.integers(0, len(content)))] if draw(st.booleans()) else content)


@given(content=damaged(VALID) | st.binary(max_size=200), year=st.booleans())
@IN_A_FOLDER
def test_any_archive_is_unpacked_or_refused(content: bytes, year: bool, tmp_path: Path) -> None:
    landed, work = tmp_path / ("2018.zip" if year else "2018-01.zip"), tmp_path / "work"
    landed.write_bytes(content)
    try:
        files = unzip.unpack(landed, JANUARY, work, max_bytes=100_000)
    except BadFile as error:
        assert str(error).isprintable()
    else:
        assert files and all(path.is_relative_to(work) and path.is_file() for path in files)
        assert sum(path.stat().st_size for path in files) <= 100_000
    shutil.rmtree(work, ignore_errors=True)


SHAPES = polygons.shapefile_of(zones()[:3])


@given(suffix=st.sampled_from(sorted(SHAPES)), data=st.data())
@IN_A_FOLDER
def test_any_shapefile_is_read_or_refused(suffix: str, data: st.DataObject, tmp_path: Path) -> None:
    parts = {}
    for name, content in SHAPES.items():
        changed = data.draw(damaged([content]) | st.binary(max_size=300)) if name == suffix else content
        parts[f".{name}"] = tmp_path / f"zones.{name}"
        parts[f".{name}"].write_bytes(changed)
    try:
        lines = shapes.to_json(parts, tmp_path).read_text().splitlines()
    except BadFile as error:
        assert str(error).isprintable()
    else:
        assert len(lines) == 3


JERSEY = "tripdata/JC-202401-citibike-tripdata.csv.zip"
CONVERT = ("Convert", "--source", "citibike_jc", "--month", "2024-01")


def truncated(content: bytes) -> bytes:
    """A file whose middle is lost, with a valid begin and end."""
    return content[: len(content) // 3] + content[-len(content) // 3 :]


@pytest.mark.parametrize(
    ("broken", "line"),
    [
        (truncated, "citibike-tripdata.csv does not begin where the list of files says"),
        (
            lambda _: archive({"rides.csv": b"<html>Busy</html>"}),
            "rides.csv begins with the line '<html>Busy</html>', ",
        ),
        (lambda _: archive({"rides.csv": b""}), "rides.csv is empty, expected a line of column names"),
        (lambda _: archive({"readme.txt": b"x"}), "contains no CSV file of the month, only readme.txt"),
        (lambda _: archive({"../../rides.csv": b"x"}), "contains '../../rides.csv', a path outside of its folder; "),
    ],
)
def test_a_landed_file_that_cannot_be_used_is_downloaded_again_by_the_next_run(
    workspace: Workspace, broken: Callable[[bytes], bytes], line: str
) -> None:
    content = broken((workspace.upstream.root / JERSEY).read_bytes())
    workspace.upstream.faults = [Fault(JERSEY, method="GET", first=1, body=content)]
    ended = workspace.luigi(*CONVERT)
    assert ended.returncode == 30
    (error,) = [text for text in ended.stderr.splitlines() if " ERROR " in text]
    assert line in error and error.endswith("; the next run downloads it again")
    assert workspace.requested_paths().count(JERSEY) == 1
    assert workspace.luigi(*CONVERT).returncode == 0
    assert workspace.requested_paths().count(JERSEY) == 2


def test_every_bound_is_an_error_of_the_project(tmp_path: Path) -> None:
    content = archive({"a.csv": b""})
    for _ in range(300):
        content = archive({"a.zip": content})
    hostile = {
        "deep": content,
        "many": archive({f"{number}.csv": b"" for number in range(20_000)}),
        "long": archive({"x" * 60_000 + ".csv": b""}),
        "large": archive({"a.csv": b"\n" * 200_000_000}),
        "endless": archive({"a.csv": bytes(200_000_000)}),
        "outside": archive({"a/../../b.csv": b""}),
        "none": b"PK\x05\x06" + bytes(18),
    }
    for name, content in hostile.items():
        (tmp_path / f"{name}.zip").write_bytes(content)
        with pytest.raises(MobilityError) as refused:
            unzip.unpack(tmp_path / f"{name}.zip", JANUARY, tmp_path / name, max_bytes=10**10)
        assert len(str(refused.value)) < 600
