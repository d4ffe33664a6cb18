"""Whether a file is of its source's format."""

import zipfile
from pathlib import Path

import pytest

from pipeline.errors import BadFile
from pipeline.ingest.formats import check_format
from pipeline.sources import sources


def check(source: str, content: bytes, folder: Path) -> None:
    (folder / "file").write_bytes(content)
    check_format(sources()[source], folder / "file", "2024-01")


def zipped(folder: Path) -> bytes:
    with zipfile.ZipFile(folder / "a.zip", "w") as archive:
        archive.writestr("a.csv", "a,b\n" * 1000)
    return (folder / "a.zip").read_bytes()


@pytest.mark.parametrize(
    ("source", "content"),
    [
        ("green_taxi", b"PAR1 columns PAR1"),
        ("weather", b'{"hourly": {"time": []}}'),
        ("taxi_zones", b'"LocationID","Borough"'),
    ],
)
def test_a_file_of_the_format_is_accepted(source: str, content: bytes, tmp_path: Path) -> None:
    check(source, content, tmp_path)


def test_a_complete_archive_is_accepted_and_one_that_is_truncated_is_refused(tmp_path: Path) -> None:
    content = zipped(tmp_path)
    check("citibike", content, tmp_path)
    with pytest.raises(BadFile, match=r"2024-01: expected a complete zip file, found one that is truncated"):
        check("citibike", content[:-30], tmp_path)


@pytest.mark.parametrize(
    ("source", "content", "message"),
    [
        (
            "green_taxi",
            b"\n\n<!DOCTYPE html><title>Sorry</title>",
            r"found an HTML page .*Sorry",
        ),
        (
            "green_taxi",
            b"<Error><Code>SlowDown</Code></Error>",
            r"found an XML error .*SlowDown",
        ),
        ("taxi_zone_polygons", b"<html></html>", r"expected a zip file, found an HTML page"),
        ("green_taxi", b"PAR1" + b"x" * 5000, "one that is truncated"),
        ("green_taxi", b"GIF89a", "begins with b'GIF8', not with b'PAR1'"),
        ("green_taxi", b"", "begins with b''"),
        ("weather", b"not JSON", "expected JSON"),
        ("weather", b"[1, 2]", r"the archive reports an error \(.*object"),
        ("weather", b'{"error": true, "reason": "too much"}', r"the archive reports an error \(too much\)"),
        ("weather", b'{"daily": {}}', r"the archive reports an error \(no hourly data\)"),
    ],
)
def test_any_other_file_is_refused_with_what_it_is(source: str, content: bytes, message: str, tmp_path: Path) -> None:
    with pytest.raises(BadFile, match=message):
        check(source, content, tmp_path)
