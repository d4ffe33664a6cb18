"""Real DuckDB, real Great Expectations: the findings in a small warehouse."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pytest
from sqlalchemy import event
from sqlalchemy.pool import Pool

from pipeline import quality
from pipeline.database import Warehouse
from pipeline.errors import NoSpace, WarehouseBusy
from pipeline.quality import Finding, Verdict
from tests.unit.quality.small_warehouse import TRIPS, WriteSuite, damage, one

JANUARY, FEBRUARY = date(2024, 1, 1), date(2024, 2, 1)


def outcomes(verdict: Verdict, suite: str = "") -> set[str]:
    return {finding.outcome for finding in verdict.findings if not suite or finding.suite == suite}


def not_passed(verdict: Verdict) -> list[Finding]:
    return [finding for finding in verdict.findings if finding.outcome != "pass"]


def test_sound_months_pass_every_expectation(warehouse: Warehouse, suites: Path) -> None:
    verdicts = quality.judge(warehouse, [JANUARY, FEBRUARY], suites)
    assert [finding.sentence for verdict in verdicts.values() for finding in not_passed(verdict)] == []
    assert not verdicts[JANUARY].rejected


def test_hours_without_weather_reject_their_month_and_are_named(warehouse: Warehouse, suites: Path) -> None:
    damage(warehouse, "update core.fct_trips set weather_key = 2 where pickup_datetime < timestamp '2024-01-01 03:00'")
    verdicts = quality.judge(warehouse, [JANUARY, FEBRUARY], suites)
    assert verdicts[JANUARY].rejected
    assert verdicts[JANUARY].why == (
        "core.fct_trips: 2024-01 FAILED every hour of the month with a trip has weather: "
        "3 rows violate it, such as 2024-01-01 00:00, 2024-01-01 01:00, 2024-01-01 02:00"
    )
    assert not verdicts[FEBRUARY].rejected


def test_a_month_without_rows_is_rejected(warehouse: Warehouse, suites: Path) -> None:
    verdict = quality.judge(warehouse, [date(2023, 12, 1)], suites)[date(2023, 12, 1)]
    assert [finding.sentence for finding in verdict.rejecting] == [
        "core.fct_trips: 2023-12 FAILED the month has trips: 0 rows (limit at least 1)",
        "staging.stg_weather__hourly: 2023-12 FAILED the month has weather: 0 rows (limit at least 1)",
    ]


def test_a_failed_warning_is_reported_and_does_not_reject_the_month(warehouse: Warehouse, suites: Path) -> None:
    damage(warehouse, "update core.fct_trips set avg_speed_mph = 300 where pickup_datetime < timestamp '2024-01-02'")
    verdict = quality.judge(warehouse, [JANUARY], suites)[JANUARY]
    assert verdict.findings[0].sentence == (
        "core.fct_trips: 2024-01 FAILED speeds are between 0 and 80 mph: "
        "144 of 4,176 rows (3.45%) violate it, such as 300 (limit 1%)"
    )
    assert not verdict.rejected


@pytest.mark.parametrize(
    "arguments",
    [
        "expectation: expect_column_values_to_not_be_null, column: no_such_column",
        "expectation: expect_column_mean_to_be_between, column: trip_type, max_value: 5",
        "expectation: unexpected_rows_expectation, unexpected_rows_query: 'select no_such_column from {batch}'",
    ],
)
def test_an_expectation_that_cannot_be_evaluated_is_an_error_and_rejects_even_as_a_warning(
    warehouse: Warehouse, write_suite: WriteSuite, arguments: str
) -> None:
    verdict = quality.judge(warehouse, [JANUARY], write_suite(one("warning", arguments)))[JANUARY]
    assert outcomes(verdict) == {"error"}
    assert verdict.rejected
    assert "2024-01 ERROR could not evaluate whether it is sound: " in verdict.findings[0].sentence


def test_a_missing_table_is_an_error_in_its_suite_alone(warehouse: Warehouse, suites: Path) -> None:
    damage(warehouse, "drop table staging.stg_weather__hourly")
    verdict = quality.judge(warehouse, [JANUARY], suites)[JANUARY]
    assert outcomes(verdict, "stg_weather__hourly") == {"error"}
    assert outcomes(verdict, "fct_trips") == {"pass"}


def test_a_warehouse_that_cannot_be_opened_is_an_error_in_every_expectation_of_every_month(
    tmp_path: Path, suites: Path
) -> None:
    broken = tmp_path / "nyc_mobility.duckdb"
    broken.write_bytes(b"no database" * 1000)
    for verdict in quality.judge(Warehouse(broken, tmp_path, {}), [JANUARY, FEBRUARY], suites).values():
        assert outcomes(verdict) == {"error"}
        assert verdict.rejected
        assert "not a valid DuckDB database file" in verdict.findings[0].sentence


@pytest.fixture
def holder(warehouse: Warehouse) -> Iterator[int]:
    """The id of another process that holds the warehouse."""
    script = f"import duckdb; con = duckdb.connect({str(warehouse.path)!r}); print('open', flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        yield process.pid
        process.communicate(b"\n")


def test_a_warehouse_that_another_process_holds_is_no_verdict(warehouse: Warehouse, holder: int, suites: Path) -> None:
    with pytest.raises(WarehouseBusy, match=f"held by process {holder}"):
        quality.judge(warehouse, [JANUARY], suites)


def test_a_disk_to_which_a_query_cannot_spill_is_no_verdict(
    warehouse: Warehouse, write_suite: WriteSuite, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    texts = "hash(i)::varchar || i from range(3000000) as numbers(i) where exists (from {batch})"
    query = f"unexpected_rows_query: 'select count(distinct text) from (select {texts}) as texts(text)'"
    suite = write_suite(one("warning", f"expectation: unexpected_rows_expectation, {query}"))
    settings = {**warehouse.settings, "memory_limit": "40MB", "temp_directory": f"{tmp_path}/file/spill"}
    with pytest.raises(NoSpace, match=r"spill.*: Not a directory; make it writable"):
        quality.judge(replace(warehouse, settings=settings), [JANUARY], suite)


@pytest.fixture
def rolled_back_when_returned() -> Iterator[None]:
    """What SQLAlchemy does to a connection that is returned to its pool, unless it is configured not to."""

    def roll_back(connection: duckdb.DuckDBPyConnection, record: object) -> None:
        with suppress(duckdb.TransactionException):
            connection.rollback()

    event.listen(Pool, "checkin", roll_back)
    yield
    event.remove(Pool, "checkin", roll_back)


@pytest.mark.usefixtures("rolled_back_when_returned")
def test_a_connection_that_loses_its_result_before_the_fetch_is_an_error_and_not_a_failure(
    warehouse: Warehouse, suites: Path
) -> None:
    verdict = quality.judge(warehouse, [JANUARY], suites)[JANUARY]
    assert outcomes(verdict) == {"error"}
    assert verdict.rejected


def test_the_warehouse_can_be_written_to_right_afterwards_and_nothing_else_was_written(
    warehouse: Warehouse, suites: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    quality.judge(warehouse, [JANUARY], suites)
    damage(warehouse, "create table core.written_afterwards as select 1 as a")
    assert list(elsewhere.iterdir()) == []
    assert [path.name for path in warehouse.path.parent.iterdir()] == [warehouse.path.name]


def test_an_expectation_that_cannot_be_evaluated_does_not_affect_others(
    warehouse: Warehouse, write_suite: WriteSuite
) -> None:
    several = f"""{TRIPS}
  - {{expectation: expect_column_mean_to_be_between, column: none, description: it is missing, severity: warning}}
  - {{expectation: expect_column_mean_to_be_between, column: trip_type, description: it is text, severity: warning}}
  - {{expectation: expect_column_max_to_be_between, column: avg_speed_mph, max_value: 11, description: slow,
     severity: warning}}
"""
    verdict = quality.judge(warehouse, [JANUARY], write_suite(several))[JANUARY]
    assert {finding.description: finding.outcome for finding in not_passed(verdict)} == {
        "it is missing": "error",
        "it is text": "error",
        "slow": "fail",
    }
    assert len(verdict.findings) == 7


def test_nothing_is_printed_or_logged(
    warehouse: Warehouse,
    write_suite: WriteSuite,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    query = (
        "expectation: unexpected_rows_expectation, unexpected_rows_query: 'select 1 from core.fct_trips where false'"
    )
    verdict = quality.judge(warehouse, [JANUARY], write_suite(one("critical", query)), docs=tmp_path / "docs")[JANUARY]
    assert outcomes(verdict) == {"pass"}
    assert capfd.readouterr() == ("", "")
    assert [record.getMessage() for record in caplog.records if record.levelname != "DEBUG"] == []


def test_importing_quality_imports_nothing_heavy() -> None:
    code = (
        "from pipeline import quality; import sys; print(sorted({'pydantic', 'great_expectations'} & set(sys.modules)))"
    )
    ended = subprocess.run([sys.executable, "-c", code], text=True, capture_output=True, check=True)
    assert ended.stdout.strip() == "[]"
