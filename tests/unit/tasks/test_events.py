"""What events of Luigi append to the run history, and the log lines of finished tasks."""

import errno
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from pipeline.errors import BadFile, MonthRejected, NoSpace
from pipeline.history import runs
from pipeline.paths import path_for
from pipeline.tasks import events
from pipeline.tasks.base import months_of
from pipeline.tasks.describe import Describe
from pipeline.tasks.month import Judge
from pipeline.tasks.source import Download, Load
from pipeline.tasks.upkeep import CatchUp
from tests.webhook import listening

MONTH = date(2024, 1, 1)


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MOBILITY_DATA", str(tmp_path))
    monkeypatch.setenv("MOBILITY_RUN_ID", "the-run")
    monkeypatch.delenv("MOBILITY_ALERT_URLS", raising=False)
    return tmp_path


@pytest.fixture
def load(data: Path) -> Load:
    """A task with a receipt of 1,200 rows and a file of 5 bytes."""
    task = Load(source="green_taxi", month=MONTH)
    file = path_for("warehouse", "rows", "")
    file.parent.mkdir(parents=True)
    file.write_text("12345")
    task.output().write([file], rows=1200)
    return task


def entries(data: Path) -> list[runs.TaskRun]:
    return list(runs.read(data / "runs"))


def test_a_task_that_succeeded_is_recorded_with_its_rows_and_bytes(
    data: Path, load: Load, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "pipeline")
    events.task_started(load)
    events.task_done(load, 0.1)
    [entry] = entries(data)
    assert (entry.run, entry.task, entry.source, entry.months) == ("the-run", "Load", "green_taxi", ("2024-01",))
    assert (entry.outcome, entry.rows, entry.bytes, entry.error) == (runs.DONE, 1200, 5, "")
    assert entry.peak_bytes > 1_000_000
    assert caplog.messages == [f"2024-01 green_taxi: loaded 1,200 rows in {entry.seconds:.1f} s"]


@pytest.mark.parametrize(
    ("error", "outcome", "text"),
    [
        (BadFile("2024-01 green_taxi: no zip"), runs.FAILED, "2024-01 green_taxi: no zip"),
        (MonthRejected("2024-01 is rejected"), runs.REJECTED, "2024-01 is rejected"),
        (ValueError("\x1bx\nmore"), runs.FAILED, r"ValueError: \x1bx"),
        (ValueError(), runs.FAILED, "ValueError"),
    ],
)
def test_a_task_that_failed_is_recorded_with_the_first_line_of_its_error(
    data: Path, load: Load, error: Exception, outcome: str, text: str
) -> None:
    events.task_failed(load, error)
    [entry] = entries(data)
    assert (entry.outcome, entry.error, entry.rows, entry.bytes) == (outcome, text, 0, 0)


def test_a_task_that_luigi_schedules_again_is_not_recorded(data: Path, load: Load) -> None:
    events.task_failed(load, RuntimeError("Unfulfilled dependency at run time: Convert"))
    assert entries(data) == []


def test_broken_and_killed_tasks_are_recorded(data: Path, load: Load, caplog: pytest.LogCaptureFixture) -> None:
    events.task_broken(load, BadFile("no answer"))
    events.task_killed(load, f"Task {load.task_id} died unexpectedly with exit code -9")
    assert caplog.messages == ["2024-01 green_taxi: the process of Load died unexpectedly with exit code -9"]
    assert [(entry.outcome, entry.error) for entry in entries(data)] == [
        (runs.BROKEN, "no answer"),
        (runs.FAILED, "RuntimeError: died unexpectedly with exit code -9"),
    ]


def test_a_line_names_what_was_done_of_which_months() -> None:
    months = (MONTH, date(2024, 2, 1))
    entry = runs.TaskRun("a-run", "Judge", "id", "", (), datetime.now(UTC), 3.44, 7, 155_000, 0, runs.DONE)
    judge = Judge(months=months, sources=("green_taxi",))
    assert events.message_of(judge, entry) == "2024-01, 2024-02: checked by Great Expectations in 3.4 s"
    download = Download(source="citibike", month=MONTH)
    assert events.message_of(download, entry) == "2024-01 citibike: downloaded 155 KB in 3.4 s"
    zones = Load(source="taxi_zones", month=date(2011, 1, 1))
    assert events.message_of(zones, entry) == "taxi_zones: loaded 7 rows in 3.4 s"
    assert events.message_of(Describe(), entry) == "described the models and metrics in 3.4 s"


def test_the_months_of_a_task_are_its_month_or_its_months_if_it_has_any() -> None:
    assert months_of(Load(source="green_taxi", month=MONTH)) == (MONTH,)
    assert months_of(Judge(months=(MONTH, date(2024, 2, 1)), sources=("green_taxi",)))[1] == date(2024, 2, 1)
    assert events.count_rows({"fct_trips": 3, "metrics": {"headline": 1}}) == 4
    assert events.count_rows(None) == 0
    assert not hasattr(CatchUp, "month")


def test_a_task_that_fails_on_a_full_disk_notifies_people_although_nothing_can_be_written(
    data: Path, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("runs", "alerts"):
        (data / folder).write_text("in the way")
    with listening() as webhook:
        monkeypatch.setenv("MOBILITY_ALERT_URLS", webhook.address)
        events.task_started(load)
        events.task_failed(load, NoSpace("the disk is full; free some space"))
        events.task_failed(load, OSError(errno.ENOSPC, "No space left on device"))
        assert webhook.titles == ["the disk is full or not writable"] * 2
        first, second = (alert["message"] for alert in webhook.sent)
        assert first == "Load green_taxi 2024-01 failed: the disk is full; free some space"
        assert f"{data}: cannot be written (No space left on device); the disk of {data} is full (" in second
