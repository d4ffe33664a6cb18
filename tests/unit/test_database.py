"""How much of the machine DuckDB takes, its time zone, and which files it reads."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipeline.database import (
    connect,
    disk_error,
    file_argument,
    in_memory,
    literal,
    reporting_progress,
    settings_for,
    storable,
)
from pipeline.errors import BadFile, BadInput, WarehouseBusy
from pipeline.process import memory_of_machine
from pipeline.progress import listening
from tests.conftest import HERE


def bytes_of(text: str) -> float:
    """The bytes of DuckDB's text, such as ``1.5 GiB``."""
    number, unit = text.split()
    return float(number) * {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}[unit]


@pytest.mark.parametrize(
    ("memory_gb", "threads", "expected"),
    [(0, 100, memory_of_machine() / 2), (0, 1, min(memory_of_machine() / 2, 1.1e9)), (1.5, 1, 1.5e9)],
)
def test_duckdb_takes_a_share_of_the_memory_and_so_much_a_thread_at_most_or_what_is_set(
    tmp_path: Path, memory_gb: float, threads: int, expected: float
) -> None:
    with connect(Path(":memory:"), settings_for(threads, memory_gb, tmp_path, share=0.5)) as con:
        [[found]] = con.execute("select current_setting('memory_limit')").fetchall()
    assert bytes_of(found) == pytest.approx(min(expected, 110e9), rel=0.1)


@pytest.mark.parametrize(("threads", "memory_gb"), [(-1, 0), (0, -1)])
def test_negative_threads_and_memory_are_refused(tmp_path: Path, threads: int, memory_gb: float) -> None:
    with pytest.raises(BadInput, match=r"expected 0 or more, in luigi\.cfg"):
        settings_for(threads, memory_gb, tmp_path, share=0.5)


@pytest.mark.parametrize(("threads", "wanted"), [(0, len(os.sched_getaffinity(0))), (3, 3)])
def test_duckdb_takes_a_thread_per_core_or_as_many_as_are_set(tmp_path: Path, threads: int, wanted: int) -> None:
    with connect(Path(":memory:"), settings_for(threads, 0, tmp_path, share=0.5)) as con:
        assert con.execute("select current_setting('threads')").fetchall() == [(wanted,)]


def test_what_does_not_fit_is_spilled_into_the_set_folder_and_leaves_nothing(tmp_path: Path) -> None:
    spill = tmp_path / "spill"
    with connect(Path(":memory:"), settings_for(2, 0.1, spill, share=0.5)) as con:
        con.execute("create table rows as select range as n, hash(range)::varchar as text from range(8_000_000)")
        assert any(spill.rglob("*")), "0.1 GB does not hold these rows"
        assert con.execute("select count(distinct text) from rows").fetchall() == [(8_000_000,)]
    assert not any(path.is_file() for path in spill.rglob("*"))


MOMENTS = """
from pathlib import Path
from pipeline.errors import BadFile, WarehouseBusy
from pipeline.database import connect, in_memory
with connect(Path("{database}"), {{}}) as con:
    con.execute("create or replace table moments as select timestamptz '2024-07-01 12:00:00+00' as moment")
    print(con.execute("select moment::timestamp::varchar from moments").fetchall())
    print(con.cursor().execute("select moment::timestamp::varchar from moments").fetchall())
with in_memory() as con:
    print(con.execute("select timestamptz '2024-07-01 12:00:00+00'::timestamp::varchar").fetchall())
"""


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"])
def test_no_value_depends_on_the_time_zone_of_the_machine(zone: str, tmp_path: Path) -> None:
    program = MOMENTS.format(database=tmp_path / "a.duckdb")
    ended = subprocess.run(
        [sys.executable, "-c", program], env=os.environ | {"TZ": zone}, text=True, capture_output=True, check=True
    )
    assert ended.stdout.splitlines() == ["[('2024-07-01 12:00:00',)]"] * 3


def test_every_connection_of_the_pipeline_has_its_time_zone_set() -> None:
    opened = re.compile(r"duckdb\.connect\(|duckdb\.(execute|sql|query)\(")
    modules = {
        str(path.relative_to(HERE)) for path in (HERE / "pipeline").rglob("*.py") if opened.search(path.read_text())
    }
    assert modules == {"pipeline/database.py", "pipeline/sample/sampling.py"}
    for module in modules:
        assert "set global timezone" in (HERE / module).read_text()
    assert "timezone: UTC" in (HERE / "dbt/profiles.yml").read_text()


@pytest.mark.parametrize("folder", ["a*b", "a[x]b", "a?b", "**", "[!a]b", "it's", "{a,b}", "n=7"])
def test_duckdb_reads_exactly_the_named_file(tmp_path: Path, folder: str) -> None:
    """Not those that the path matches as a pattern, and no column from a folder's name."""
    with connect(Path(":memory:"), {}) as con:
        for name in {folder, "axb", "ab", "cb"}:
            (tmp_path / name).mkdir()
            con.execute(f"copy (select {literal(name)} as n) to {literal(tmp_path / name / 'f.parquet')}")
        found = con.execute(f"from read_parquet({file_argument(tmp_path / folder / 'f.parquet')})").fetchall()
    assert found == [(folder,)]


@contextmanager
def held_for(database: Path, seconds: float, read_only: bool = False) -> Iterator[int]:
    """The id of another process that holds the file for so long."""
    script = (
        f"import duckdb, time; con = duckdb.connect({str(database)!r}, read_only={read_only}); "
        f"print('open', flush=True); time.sleep({seconds})"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        yield process.pid
        process.kill()


@pytest.fixture
def database(tmp_path: Path) -> Path:
    with connect(tmp_path / "some.duckdb", {}) as con:
        con.execute("create table rows as from range(3)")
    return tmp_path / "some.duckdb"


@pytest.mark.parametrize("is_reader", [True, False])
def test_a_process_that_holds_the_file_for_a_moment_is_waited_for(
    database: Path, is_reader: bool, caplog: pytest.LogCaptureFixture
) -> None:
    with held_for(database, 2.6, read_only=not is_reader) as process:
        with connect(database, {}, read_only=is_reader, wait_s=120) as con:
            assert con.execute("select count(*) from rows").fetchall() == [(3,)]
        [line] = [record.getMessage() for record in caplog.records]
        assert re.fullmatch(rf"{re.escape(str(database))}: held by process {process} \(.*\); waiting up to 120 s", line)


def test_a_process_that_holds_the_file_for_long_is_named(database: Path) -> None:
    with (
        held_for(database, 60) as process,
        pytest.raises(WarehouseBusy, match=f"held by process {process}"),
        connect(database, {}, wait_s=0.2),
    ):
        pass


def test_readers_do_not_wait_for_each_other(database: Path) -> None:
    with held_for(database, 60, read_only=True), connect(database, {}, read_only=True) as con:
        assert con.execute("select count(*) from rows").fetchall() == [(3,)]


@pytest.mark.parametrize("content", [b"no database" * 1000, bytes(20_000)])
def test_a_damaged_file_is_refused_with_what_mends_it(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "some.duckdb").write_bytes(content)
    message = r"some\.duckdb: is damaged .*; \./run\.sh verify --repair builds it again"
    with pytest.raises(BadFile, match=message), connect(tmp_path / "some.duckdb", {}):
        pass


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            'TransactionContext Error: Failed to commit: Could not write file "a.wal": No space left on device',
            'TransactionContext Error: Failed to commit: Could not write file "a.wal": No space left on device',
        ),
        (
            '{"exception_type":"IO","exception_message":"Could not write file \\"a\\": No space left on device","x":1}',
            'Could not write file "a": No space left on device',
        ),
        (
            "Traceback\n  File x\nOSError: [Errno 28] No space left on device\n",
            "No space left on device",
        ),
        (
            "Out of Memory Error: failed to offload data block of size 1.0 KiB (9.9 MiB/10.0 MiB used).\n"
            "This limit was set by the 'max_temp_directory_size' setting.",
            "Out of Memory Error: failed to offload data block of size 1.0 KiB (9.9 MiB/10.0 MiB used).",
        ),
    ],
)
def test_a_full_disk_is_reported_with_the_line_that_names_it(text: str, reason: str) -> None:
    message = str(disk_error(text))
    assert message.startswith(f"{reason}; the disk of ")
    assert message.endswith(" MB are free); free some space, or choose another MOBILITY_DATA")


def test_other_messages_are_not_of_the_disk() -> None:
    assert disk_error("Binder Error: no such column") is None


def test_the_percentage_of_a_long_query_is_reported() -> None:
    reported: list[tuple[int, int]] = []
    with (
        listening(lambda *counts: reported.append(counts)),
        connect(Path(":memory:"), {"threads": "1"}) as con,
        reporting_progress(con),
    ):
        con.execute("create table rows as select md5(range::varchar) as text from range(4_000_000)")
    assert reported == sorted(reported) and {total for _, total in reported} == {100}
    assert len({done for done, _ in reported}) > 0


def test_sums_are_integers_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "sums.parquet"
    with in_memory() as con:
        con.execute("create table sums as select sum(x) as total, sum(x / 2) as half from (values (2), (5)) as t (x)")
        con.execute("create table texts as select 'a' as one")
        con.execute(f"copy ({storable(con, 'sums')}) to {literal(file)} (format parquet)")
        columns = con.execute(f"describe from read_parquet({file_argument(file)})").fetchall()
        assert [(name, type_) for name, type_, *_ in columns] == [("total", "BIGINT"), ("half", "DOUBLE")]
        assert con.execute(f"from read_parquet({file_argument(file)})").fetchall() == [(7, 3.5)]
        assert con.execute(storable(con, "texts")).fetchall() == [("a",)]
