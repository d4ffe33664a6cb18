"""The state of months, from receipts and records that are written by hand."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from pipeline.history import runs
from pipeline.operations.status import COUNTED, facts, fitting, months_known, seconds_by_month, table
from pipeline.paths import data_folder, path_for

MONTH, TODAY = date(2024, 1, 1), date(2024, 6, 30)


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MOBILITY_DATA", str(tmp_path))
    return tmp_path


def store(stage: str, source: str = "", month: date = MONTH, suffix: str = ".json", **record: object) -> None:
    """Writes a receipt by hand, and files of the sizes that it lists."""
    path = path_for(stage, month, suffix, source)
    path.parent.mkdir(parents=True, exist_ok=True)
    files = record.get("files", {})
    assert isinstance(files, dict)
    for name, size in files.items():
        (data_folder() / name).write_bytes(bytes(size or 0))
    path.write_text(json.dumps({"files": {}, **record}))


def only_month() -> dict[str, object]:
    [month] = facts(TODAY)
    return month


def yellow() -> dict[str, object]:
    sources = only_month()["sources"]
    assert isinstance(sources, dict)
    found: dict[str, object] = sources["yellow_taxi"]
    return found


def test_a_source_is_landed_then_converted_then_loaded_with_the_bytes_of_its_files() -> None:
    store("landing", "yellow_taxi", files={"a.parquet": 100})
    assert yellow() == {"state": "landed", "bytes": 100}
    store("parquet", "yellow_taxi", files={"b.parquet": 10}, rows=7)
    assert yellow() == {"state": "converted", "bytes": 110, "rows": 7}
    store("warehouse/loaded", "yellow_taxi", files={"some.duckdb": None}, rows=7)
    assert yellow() == {"state": "loaded", "bytes": 110, "rows": 7}


def test_a_line_says_that_pages_count_something_else() -> None:
    store("parquet", "yellow_taxi", files={"b.parquet": 10}, rows=7)
    assert table(TODAY).splitlines()[-1] == COUNTED


def test_a_month_is_built_then_judged_then_complete() -> None:
    store("warehouse/transformed")
    assert only_month()["models"] == "built" and only_month()["complete"] != "yes"
    store("quality")
    store("complete")
    assert (only_month()["quality"], only_month()["complete"]) == ("passed", "yes")
    assert "2024-01" in table(TODAY)


def test_what_is_lost_is_incomplete_and_named(data: Path) -> None:
    store("parquet", "yellow_taxi", files={"b.parquet": 10}, rows=7)
    store("warehouse/loaded", "yellow_taxi", rows=7, made_from={"parquet/yellow_taxi/2024-01.json": None})
    store("complete", made_from={"warehouse/loaded/yellow_taxi/2024-01.json": None})
    assert (yellow()["state"], only_month()["complete"]) == ("loaded", "yes")
    (data / "b.parquet").unlink()
    assert (yellow()["state"], only_month()["complete"]) == ("incomplete", "incomplete")
    assert only_month()["why_incomplete"] == "b.parquet does not exist"
    assert table(TODAY).splitlines()[-1] == (
        "2024-01 is incomplete: b.parquet does not exist; ./run.sh verify --repair builds it again"
    )


def test_a_rejected_month_is_shown_with_its_reason() -> None:
    store("warehouse/transformed")
    store("quality", suffix=".rejected.json", why="too few rows")
    assert (only_month()["quality"], only_month()["why_rejected"]) == ("rejected", "too few rows")
    assert table(TODAY).splitlines()[-1] == "2024-01 is rejected: too few rows"


def test_what_the_last_catchup_found_missing_is_late_until_it_is_downloaded(data: Path) -> None:
    (data / "runs").mkdir()
    missing = [{"source": name, "month": "2024-01"} for name in ("yellow_taxi", "a_source_that_was_renamed")]
    (data / "runs/last_catchup.json").write_text(json.dumps({"missing": missing}))
    assert yellow() == {"state": "late", "days_late": 73}
    assert table(TODAY).splitlines()[-1] == "yellow_taxi 2024-01: 73 days late"
    store("landing", "yellow_taxi")
    assert yellow()["state"] == "landed"


def test_late_months_of_a_source_are_one_line(data: Path) -> None:
    (data / "runs").mkdir()
    missing = [{"source": "yellow_taxi", "month": f"2023-{month:02}"} for month in (9, 10, 11, 12)]
    (data / "runs/last_catchup.json").write_text(json.dumps({"missing": missing}))
    assert table(TODAY).splitlines()[-1] == "yellow_taxi 2023-09 to 2023-12: up to 196 days late"


def test_a_damaged_record_of_catchup_is_as_none(data: Path) -> None:
    (data / "runs").mkdir()
    (data / "runs/last_catchup.json").write_text('{"missing": [')
    assert facts(TODAY) == []


def test_months_are_known_from_any_stage_and_other_files_are_ignored() -> None:
    store("landing", "green_taxi", date(2023, 12, 1))
    store("quality", month=date(2024, 2, 1), suffix=".findings.json")
    store("published")
    path_for("published", "notes", ".json").write_text("{}")
    assert months_known() == [date(2023, 12, 1), MONTH, date(2024, 2, 1)]


def test_the_seconds_of_a_task_are_those_of_its_last_run_shared_among_its_months(data: Path) -> None:
    def run(task: str, months: tuple[str, ...], seconds: float, outcome: str = runs.DONE) -> None:
        entry = runs.TaskRun("r", task, task, "", months, datetime.now(UTC), seconds, 0, 0, 0, outcome)
        runs.append(data / "runs", entry)

    run("Transform", ("2024-01",), 50)
    run("Transform", ("2024-01", "2024-02"), 30)
    run("Publish", ("2024-01",), 2)
    run("Publish", ("2024-01",), 99, runs.FAILED)
    assert seconds_by_month() == {"2024-01": 17.0, "2024-02": 15.0}


def test_a_narrow_terminal_shows_no_sizes_and_seconds() -> None:
    rows = [["month", "yes", "files", "tables", "took"], ["2024-01", "no", "1 MB", "2 MB", "3 s"]]
    assert fitting(rows, 0) == fitting(rows, 33)
    assert fitting(rows, 32) == ["month    yes", "2024-01   no", "A wider terminal shows sizes and seconds as well."]
