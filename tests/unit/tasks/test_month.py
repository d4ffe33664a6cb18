"""The tasks of a month: Luigi's questions only read, and which months are run again."""

import shutil
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import luigi
import pytest
from luigi.task import flatten

from pipeline.paths import path_for
from pipeline.sample.server import Upstream, serve
from pipeline.tasks import records, selection
from pipeline.tasks.month import Report, RunMonth, must_run_again, run_again
from pipeline.tasks.receipts import Receipt
from pipeline.tasks.source import Load
from tests.unit.tasks.finished_month import finish, with_requirements

MONTH = date(2024, 1, 1)
SOURCES = ("fhv_taxi", "yellow_taxi")
"""One that is optional and one that is not."""


@pytest.fixture
def upstream(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Upstream]:
    """Publishers that have nothing, and record what they are asked."""
    (tmp_path / "upstream").mkdir()
    with serve(tmp_path / "upstream") as publishers:
        for name in ("TLC_URL", "CITIBIKE_URL", "OPEN_METEO_URL"):
            monkeypatch.setenv(name, publishers.url)
        yield publishers


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, upstream: Upstream) -> Iterator[Path]:
    """A data folder in which every task of the month is complete."""
    monkeypatch.setenv("MOBILITY_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("MOBILITY_RUN_ID", "the-run")
    finish(Load(source="fhv_taxi", month=MONTH))
    finish(RunMonth(month=MONTH, sources=SOURCES))
    forget_answers()
    yield tmp_path / "data"
    forget_answers()


def forget_answers() -> None:
    selection.is_published.cache_clear()
    selection.published_at.cache_clear()


def contents(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Each file and folder by its path, with the time of its last change and its bytes."""
    return {
        str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else b"")
        for path in [folder, *folder.rglob("*")]
        if path.exists()
    }


def ask(task: luigi.Task) -> None:
    """Luigi's questions, to the task and to all that it requires."""
    for one in with_requirements(task):
        one.complete()
        flatten(one.requires())
        flatten(one.output())


def lose_landed_file(data: Path) -> None:
    (data / "landing/yellow_taxi/2024-01.file").unlink()


def damage_receipt(data: Path) -> None:
    (data / "published/2024-01.json").write_text('{"digest": "ab')


def withdraw(_: Path) -> None:
    records.withdraw([MONTH])


def test_a_finished_month_is_complete_without_a_question_to_a_publisher(data: Path, upstream: Upstream) -> None:
    assert all(task.complete() for task in with_requirements(RunMonth(month=MONTH, sources=SOURCES)))
    assert upstream.requests == []


@pytest.mark.parametrize("change", [None, lose_landed_file, damage_receipt, withdraw])
def test_luigis_questions_write_nothing_delete_nothing_and_take_no_lock(
    change: Callable[[Path], None] | None, data: Path, upstream: Upstream
) -> None:
    if change:
        change(data)
    before = contents(data)
    ask(RunMonth(month=MONTH, sources=SOURCES))
    assert contents(data) == before
    assert not (data / ".running.lock").exists()
    assert upstream.requests == []
    assert RunMonth(month=MONTH, sources=SOURCES).complete() is (change is None)


def test_luigis_questions_do_not_create_the_data_folder(data: Path, upstream: Upstream) -> None:
    shutil.rmtree(data)
    ask(RunMonth(month=MONTH, sources=SOURCES))
    assert not data.exists()
    assert {asked.method for asked in upstream.requests} == {"HEAD"}, "only of the source that is optional"
    assert all("fhv_tripdata" in asked.path for asked in upstream.requests)


def test_several_months_are_complete_when_each_of_them_is(data: Path) -> None:
    both = Report(months=(MONTH, date(2024, 2, 1)), sources=("yellow_taxi",))
    finish(Report(months=(MONTH,), sources=("yellow_taxi",)))
    assert not both.complete()
    finish(Report(months=(date(2024, 2, 1),), sources=("yellow_taxi",)))
    assert both.complete()


def test_a_published_month_is_run_again_when_its_marts_have_changed(data: Path) -> None:
    assert not must_run_again(MONTH)
    Receipt(records.transform_receipt(MONTH)).update(content="changed by a neighbour")
    assert must_run_again(MONTH)
    rejected = path_for("quality", MONTH, ".rejected.json")
    rejected.write_text('{"why": "too few rows"}')
    assert not must_run_again(MONTH), "a rejected month is left as it is"
    rejected.unlink()
    for name in SOURCES:
        path_for("warehouse/loaded", MONTH, ".json", name).unlink()
    assert not must_run_again(MONTH), "a month that is being forgotten is left as it is"


def test_a_month_is_run_again_with_the_sources_that_are_loaded_for_it(data: Path) -> None:
    assert run_again(MONTH, SOURCES).sources == SOURCES
    assert run_again(MONTH, ("citibike",)).sources == SOURCES
