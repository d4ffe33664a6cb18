"""The task that uploads a month."""

from datetime import date
from pathlib import Path

import pytest
from luigi.cmdline_parser import CmdlineParser

from pipeline.tasks.month import RunMonth
from pipeline.tasks.parameters import RangeMonthly
from pipeline.tasks.receipts import Receipt
from pipeline.tasks.upload import Upload, with_upload
from tests.unit.tasks.finished_month import finish

MONTH = date(2024, 1, 1)
YELLOW = ("yellow_taxi",)


@pytest.fixture(autouse=True)
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MOBILITY_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("MOBILITY_RUN_ID", "the-run")
    monkeypatch.setenv("MOBILITY_PUBLISH_URL", (tmp_path / "mirror").as_uri())
    return tmp_path / "mirror"


def test_a_month_is_uploaded_once_it_is_complete(mirror: Path) -> None:
    task = Upload(month=MONTH, sources=YELLOW)
    assert task.requires() == RunMonth(month=MONTH, sources=YELLOW)
    finish(task.requires())
    assert not task.complete()
    task.run()
    assert task.complete() and (mirror / "manifests/2024-01.json").exists()


def test_what_lies_there_is_not_complete_where_the_month_is_not(mirror: Path) -> None:
    task = Upload(month=MONTH, sources=YELLOW)
    finish(task.requires())
    task.run()
    Receipt(task.requires().output().path).invalidate()
    assert task.output().exists() and not task.complete()


def test_commands_upload_months_where_an_address_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    month = RunMonth(month=MONTH, sources=YELLOW)
    several = RangeMonthly(of=RunMonth, start=MONTH, stop=date(2024, 3, 1))
    assert with_upload(month) == Upload(month=MONTH, sources=YELLOW)
    assert with_upload(several) == several.clone(of=Upload)
    for other in (month.requires(), several.clone(of=Upload)):
        assert with_upload(other) == other
    command = ["--module", "pipeline", "RunMonth", "--month", "2024-01", "--sources", "yellow_taxi"]
    with CmdlineParser.global_instance(command) as parser:
        assert isinstance(parser.get_task_obj(), Upload)
        monkeypatch.delenv("MOBILITY_PUBLISH_URL")
        assert parser.get_task_obj() == month
    assert with_upload(several) == several


def test_an_address_that_cannot_be_used_ends_the_command_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MOBILITY_PUBLISH_URL", "s3://KEY:HIDDEN@bucket")
    with pytest.raises(SystemExit):
        with_upload(RunMonth(month=MONTH, sources=YELLOW))
    error = capsys.readouterr().err
    assert error.startswith("error: MOBILITY_PUBLISH_URL: has a user, a password") and len(error.splitlines()) == 1
    assert "HIDDEN" not in error


def test_a_neighbour_that_was_built_again_is_uploaded_as_well(mirror: Path) -> None:
    for month in (MONTH, date(2024, 2, 1), date(2024, 3, 1)):
        finish(RunMonth(month=month, sources=YELLOW))
    Upload(month=MONTH, sources=YELLOW).run()
    uploaded = sorted(path.stem for path in (mirror / "manifests").glob("2024-*.json"))
    assert uploaded == ["2024-01", "2024-02"]
