"""Lines of CSV files are counted in bounded memory."""

import re
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import BadFile
from pipeline.ingest import csv_lines
from pipeline.ingest.csv_lines import MAX_LINE, count_lines


def count(content: bytes, folder: Path) -> int:
    (folder / "a.csv").write_bytes(content)
    return count_lines(folder / "a.csv")


TEXT = st.lists(st.sampled_from([b"a,b", b"\n", b"\r", b"\r\n", b" ", b"\xff"])).map(b"".join)


@given(content=TEXT, block=st.integers(1, 20))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_lines_that_are_not_empty_are_counted_whatever_ends_them(content: bytes, block: int, tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_lines, "BLOCK", block)
        assert count(content, tmp_path) == sum(1 for line in content.splitlines() if line)


def test_the_longest_line_that_is_read_has_one_mebibyte(tmp_path: Path) -> None:
    assert count(b"a,b\n" + b"x" * MAX_LINE + b"\nc,d", tmp_path) == 3
    for content in (b"a,b\n" + b"x" * (MAX_LINE + 1) + b"\nc,d", b"a,b\rc,d\r" + b"x" * (MAX_LINE + 1)):
        number = 2 if b"\n" in content else 3
        with pytest.raises(
            BadFile,
            match=f"a.csv: line {number} is longer than 1,048,576 bytes, expected rows of about 200 bytes",
        ):
            count(content, tmp_path)


def test_a_line_of_a_hundred_megabytes_takes_no_more_memory_than_a_few_blocks(tmp_path: Path) -> None:
    with (tmp_path / "a.csv").open("wb") as file:
        file.write(b"a,b\n1," + b"x" * 100)
        file.truncate(100_000_000)
    tracemalloc.start()
    with pytest.raises(BadFile, match="line 2 is longer than"):
        count_lines(tmp_path / "a.csv")
    assert tracemalloc.get_traced_memory()[1] < 10 * MAX_LINE
    tracemalloc.stop()


@pytest.mark.parametrize("content", ["a,b\n".encode("utf-16"), "a,b\n".encode("utf-16-be"), b"\x00" * 1000])
def test_a_file_that_is_no_text_in_utf8_is_refused(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(
        BadFile, match=re.escape(f"a.csv: expected text as UTF-8, found a file that begins with {content[:10]!r}")
    ):
        count(content, tmp_path)


def test_a_byte_of_zero_is_shown(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match=re.escape(r"found a file that begins with b'ride_id,started_at\n\x00'")):
        count(b"ride_id,started_at\n\x00\x00a", tmp_path)
