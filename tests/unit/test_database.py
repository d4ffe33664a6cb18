"""How much of the machine DuckDB takes."""

import os
from pathlib import Path

import pytest

from pipeline.database import connect, settings_for

MACHINE = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def bytes_of(text: str) -> float:
    """The bytes of DuckDB's text, such as ``1.5 GiB``."""
    number, unit = text.split()
    return float(number) * {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}[unit]


@pytest.mark.parametrize(("memory_gb", "wanted"), [(0, MACHINE / 2), (1.5, 1.5e9)])
def test_duckdb_takes_a_share_of_the_memory_that_there_is_or_what_it_is_told(
    tmp_path: Path, memory_gb: float, wanted: float
) -> None:
    with connect(Path(":memory:"), settings_for(0, memory_gb, tmp_path, share="50%")) as con:
        [[found]] = con.execute("select current_setting('memory_limit')").fetchall()
    assert bytes_of(found) <= wanted * 1.1  # of a container that is allowed less than the machine has, half of that
    assert bytes_of(found) > (wanted * 0.9 if memory_gb else 1e8)


@pytest.mark.parametrize(("threads", "wanted"), [(0, len(os.sched_getaffinity(0))), (3, 3)])
def test_duckdb_takes_a_thread_a_core_or_as_many_as_it_is_told(tmp_path: Path, threads: int, wanted: int) -> None:
    with connect(Path(":memory:"), settings_for(threads, 0, tmp_path, share="50%")) as con:
        assert con.execute("select current_setting('threads')").fetchall() == [(wanted,)]


def test_what_does_not_fit_is_spilled_where_it_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    spill = tmp_path / "spill"
    with connect(Path(":memory:"), settings_for(2, 0.1, spill, share="50%")) as con:
        con.execute("create table rows as select range as n, hash(range)::varchar as text from range(8_000_000)")
        assert any(spill.rglob("*")), "0.1 GB does not hold these rows"
        assert con.execute("select count(distinct text) from rows").fetchall() == [(8_000_000,)]
    assert not any(path.is_file() for path in spill.rglob("*"))
