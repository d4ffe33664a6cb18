"""The base class of tasks: a run begins with a lock, and a task belongs to its data folder."""

import json
import logging
import os
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from luigi.rpc import RPCError

from pipeline.errors import NoSpace
from pipeline.paths import path_for
from pipeline.progress import report
from pipeline.tasks.base import Task, begin_run, check_clock, check_space, folder_id
from pipeline.tasks.month import Transform
from pipeline.tasks.receipts import Receipt
from pipeline.tasks.source import Convert


class Step(Task):
    """A task that each test creates anew: Luigi caches instances by their parameters."""

    resources = {"warehouse": 1, "convert": 1}  # noqa: RUF012  # as Luigi has it

    def output(self) -> Receipt:
        return Receipt(path_for("complete", "2024-01", ".json"))


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MOBILITY_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("MOBILITY_RUN_ID", "the-run")
    Step.clear_instance_cache()
    return tmp_path / "data"


def test_deps_locks_the_data_folder_and_no_other_question_does(data: Path) -> None:
    task = Step()
    task.requires()
    assert not task.complete()
    task.process_resources()
    assert not data.exists()
    assert task.deps() == []
    assert json.loads((data / ".running.json").read_text())["pid"] == os.getpid()
    assert task.deps() == [], "the process that has the lock goes on"


def test_a_run_does_not_begin_with_less_space_than_it_needs(data: Path) -> None:
    data.mkdir()
    check_space(0)
    with pytest.raises(NoSpace, match=r"GB are free, a run needs 1000000000\.0 GB .* least_free_gb in luigi\.cfg"):
        check_space(1e9)


@pytest.mark.parametrize("name", ["runs/2100-01.jsonl", "complete/2100-01.json", "runs/2024-01.jsonl"])
def test_what_is_newer_than_the_clock_is_named(data: Path, name: str, caplog: pytest.LogCaptureFixture) -> None:
    path = data / name
    path.parent.mkdir(parents=True)
    path.write_text("")
    if "2024" in name:
        check_clock()
        assert not caplog.records
        os.utime(path, times=(4_102_444_800, 4_102_444_800))
    check_clock()
    [line] = [record.getMessage() for record in caplog.records]
    assert f"but {name} is of 2100-01-01 00:00 UTC; if the clock was set back, months are left out" in line


def test_a_run_rotates_a_large_log_once(data: Path) -> None:
    log = data / "logs/pipeline.jsonl"
    log.parent.mkdir(parents=True)
    log.write_text("x" * 5_000_001)
    begin_run()
    assert not log.exists() and log.with_name("pipeline.jsonl.1").exists()
    log.write_text("y" * 5_000_001)
    begin_run()
    assert log.exists(), "only the call that locks the folder rotates"


def test_the_same_task_on_another_data_folder_is_another_task_with_its_own_warehouse(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = Step()
    assert one.process_resources() == {f"warehouse_{folder_id(data)}": 1, "convert": 1}
    monkeypatch.setenv("MOBILITY_DATA", str(tmp_path / "other"))
    Step.clear_instance_cache()
    assert Step().task_id != one.task_id
    assert Step().process_resources().keys() != {f"warehouse_{folder_id(data)}", "convert"}


def test_a_luigid_that_cannot_be_notified_is_reported_once(data: Path, caplog: pytest.LogCaptureFixture) -> None:
    calls: list[Any] = []

    def refuse(value: Any) -> None:
        calls.append(value)
        raise RPCError("connection refused")

    task = Step()
    task.set_progress_percentage = task.set_status_message = refuse
    with caplog.at_level(logging.WARNING):
        task.notify(percent=10)
        task.notify(percent=20, message="half")
    assert calls == [10]
    assert [record.getMessage() for record in caplog.records] == [
        f"{task}: luigid cannot be notified any more: connection refused"
    ]


def test_only_what_is_given_is_shown(data: Path) -> None:
    shown: list[Any] = []
    task = Step()
    task.set_progress_percentage = task.set_status_message = task.set_tracking_url = shown.append
    task.notify(message="1,000 rows")
    assert shown == ["1,000 rows"]


def test_how_much_is_done_is_shown_on_luigids_pages_in_percent_and_in_words(data: Path) -> None:
    shown: list[Any] = []
    task = Step()
    task.set_progress_percentage = task.set_status_message = shown.append
    with task.progress("models and tests"):
        report(14, 143)
    with task.progress():
        report(25, 100)
    assert shown == [10, "14 of 143 models and tests", 25]


def test_a_step_is_called_by_its_months_and_source_and_by_what_it_does(data: Path) -> None:
    assert Convert(source="citibike", month=date(2024, 1, 1)).title == "2024-01 citibike: converting to Parquet"
    assert Transform(months=(date(2024, 1, 1),)).title == "2024-01: building the tables"
    assert (Step().title, Step().subject) == ("", "Step")
