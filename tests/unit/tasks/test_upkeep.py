"""Which months and files the tasks of upkeep require."""

import json
from datetime import date
from pathlib import Path

import pytest

from pipeline.months import add_months
from pipeline.paths import path_for
from pipeline.tasks.describe import Describe
from pipeline.tasks.month import RunMonth
from pipeline.tasks.records import transform_receipt
from pipeline.tasks.source import CheckForReissue, Load, mark_checked
from pipeline.tasks.upkeep import CatchUp, RebuildMonths, Refresh

MONTH = date(2024, 1, 1)
YELLOW = ("yellow_taxi",)
THIS_MONTH = date.today().replace(day=1)


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MOBILITY_DATA", str(tmp_path))
    monkeypatch.setenv("MOBILITY_RUN_ID", "the-run")
    return tmp_path


def store(path: Path, **record: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"files": {}, **record}))


def land(source: str, label: str) -> None:
    store(path_for("landing", label, ".json", source), file=f"{label}.csv")


def load(source: str, label: str) -> None:
    store(path_for("warehouse/loaded", label, ".json", source))


def test_catching_up_runs_every_month_that_may_be_published_from_the_start_on() -> None:
    task = CatchUp(start=date(2024, 1, 1), sources=YELLOW)
    months = [one.month for one in task.requires() if isinstance(one, RunMonth)]
    assert months[:3] == [date(2024, 1, 1), date(2024, 2, 1), date(2024, 3, 1)]
    assert months == sorted(months) and months[-1] < THIS_MONTH


def test_catching_up_may_begin_with_the_newest_month() -> None:
    task = CatchUp(start=MONTH, sources=YELLOW, newest_first=True)
    months = [one.month for one in task.requires() if isinstance(one, RunMonth)]
    assert months == sorted(months, reverse=True) and months[-1] == MONTH


def test_what_cannot_be_published_yet_is_not_required_but_missing() -> None:
    task = CatchUp(start=THIS_MONTH, sources=YELLOW)
    assert list(task.requires()) == []
    assert ("yellow_taxi", THIS_MONTH) in {(source.name, month) for source, month in task.missing()}
    land("yellow_taxi", f"{THIS_MONTH:%Y-%m}")
    assert ("yellow_taxi", THIS_MONTH) not in {(source.name, month) for source, month in task.missing()}


def test_a_month_in_which_no_source_of_trips_had_begun_is_left_out() -> None:
    task = CatchUp(start=date(2013, 4, 1), sources=("citibike",))
    assert task.months()[0] == date(2013, 6, 1)


def test_months_are_rebuilt_with_the_sources_that_are_loaded_for_them() -> None:
    load("yellow_taxi", "2024-01")
    load("green_taxi", "2024-01")
    steps, [task] = list(RebuildMonths(months=(MONTH,), sources=("citibike",), steps="").run())
    assert isinstance(task, RunMonth)
    assert (steps, task.month, task.sources) == ([], MONTH, ("green_taxi", "yellow_taxi"))


def test_steps_are_done_before_months_are_rebuilt() -> None:
    steps = next(RebuildMonths(steps="Load green_taxi 2024-01,Describe").run())
    assert steps == [Load(source="green_taxi", month=MONTH), Describe()]


def test_the_landed_files_of_the_newest_months_and_those_that_serve_all_months_are_checked() -> None:
    recent, older = (f"{add_months(THIS_MONTH, -count):%Y-%m}" for count in (2, 3))
    for label in (recent, older):
        land("yellow_taxi", label)
    land("taxi_zones", "static")
    checks = [(check.source, check.declared.label(check.month)) for check in Refresh(newest_months=2).checks()]
    assert checks == [("taxi_zones", "static"), ("yellow_taxi", recent)]


def test_files_of_months_that_are_not_built_are_loaded_again_and_no_others() -> None:
    built, loaded, landed = (add_months(THIS_MONTH, -count) for count in (1, 2, 3))
    for month in (built, loaded, landed):
        land("yellow_taxi", f"{month:%Y-%m}")
    for month in (built, loaded):
        load("yellow_taxi", f"{month:%Y-%m}")
    store(transform_receipt(built))
    assert list(Refresh(newest_months=6).loads_to_repeat()) == [Load(source="yellow_taxi", month=loaded)]


def test_a_file_is_checked_once_in_each_run(monkeypatch: pytest.MonkeyPatch) -> None:
    land("yellow_taxi", "2024-01")
    task = CheckForReissue(source="yellow_taxi", month=MONTH)
    assert not task.complete()
    mark_checked(task.landed)
    assert task.complete()
    assert task.landed.record["file"] == "2024-01.csv", "what was recorded before stays"
    monkeypatch.setenv("MOBILITY_RUN_ID", "the-next-run")
    assert not task.complete()
