"""Luigi's lines are at debug level, and people are told what is missing, and the end of the run."""

import logging
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from pipeline.history import runs, summary
from pipeline.lock import lock
from pipeline.luigi_internals import LOGGER, SUMMARY
from pipeline.months import add_months
from pipeline.tasks import luigi_log
from pipeline.tasks.month import RunMonth
from pipeline.tasks.source import Published

JANUARY = date(2024, 1, 1)


@pytest.fixture(autouse=True)
def found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> summary.Found:
    """What the run has found, which is nothing so far."""
    monkeypatch.setenv("MOBILITY_DATA", str(tmp_path))
    monkeypatch.setenv("MOBILITY_RUN_ID", "the-run")
    monkeypatch.setattr(summary, "found", summary.Found())
    caplog.set_level(logging.INFO)
    return summary.found


def logged(level: int, message: str) -> logging.LogRecord:
    record = logging.LogRecord(LOGGER, level, "", 0, message, (), None)
    assert luigi_log.LuigisLines().filter(record)
    return record


def test_luigis_own_lines_are_at_debug_level_and_other_warnings_and_errors_stay() -> None:
    assert logged(logging.INFO, "Informed scheduler that task").levelno == logging.DEBUG
    assert logged(logging.WARNING, "Data for %s does not exist (yet?)").levelname == "DEBUG"
    assert logged(logging.WARNING, "Failed pinging scheduler").levelno == logging.WARNING
    assert logged(logging.ERROR, "Worker failed").levelno == logging.ERROR


def test_they_stay_where_luigis_log_level_is_debug(monkeypatch: pytest.MonkeyPatch) -> None:
    class Core:
        log_level = "DEBUG"

    monkeypatch.setattr(luigi_log, "core", Core)
    assert logged(logging.INFO, "Informed scheduler that task").levelno == logging.INFO


def test_luigis_summary_is_followed_by_one_of_the_run(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    lock(tmp_path)
    for run, months in (("the-run", ("2024-01",)), ("another-run", ("2024-02",))):
        now = datetime.now(UTC)
        runs.append(tmp_path / "runs", runs.TaskRun(run, "RunMonth", run, "", months, now, 1.0, 0, 0, 0, runs.DONE))
    logged(logging.INFO, f"\n{SUMMARY}\nThis progress looks :) because there were no failed tasks\n\n{SUMMARY}\n")
    [line] = caplog.messages
    assert line.startswith("\nbuilt     2024-01 (1 step in ")


def test_a_month_that_is_not_published_yet_is_said_to_be_so(
    found: summary.Found, caplog: pytest.LogCaptureFixture
) -> None:
    recent = add_months(date.today().replace(day=1), -1)
    luigi_log.file_is_not_published(Published(source="green_taxi", month=recent))
    luigi_log.file_is_not_published(Published(source="green_taxi", month=JANUARY))
    assert caplog.messages == [f"green_taxi {recent:%Y-%m} is not published yet"], "download warns of what is late"
    assert found.unpublished == {"green_taxi": {JANUARY, recent}}


def test_a_file_that_could_not_be_asked_for_is_not_said_to_be_unpublished(found: summary.Found) -> None:
    published = Published(source="green_taxi", month=JANUARY)
    published.is_broken = True
    luigi_log.file_is_not_published(published)
    assert found.unpublished == {}


def test_a_complete_month_is_noted(found: summary.Found) -> None:
    luigi_log.month_is_complete(RunMonth(month=JANUARY))
    assert found.complete == {JANUARY}
