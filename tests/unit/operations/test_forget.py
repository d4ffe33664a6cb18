"""Which files are deleted with a source, and which are kept."""

import json
from datetime import date
from pathlib import Path

import pytest

from pipeline.database import Warehouse
from pipeline.operations.forget import delete_files, forget
from pipeline.sources import sources

MONTH = date(2023, 5, 1)


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MOBILITY_DATA", str(tmp_path))
    return tmp_path


def land(data: Path, source: str, file: str, *labels: str) -> None:
    folder = data / "landing" / source
    folder.mkdir(parents=True)
    (folder / file).write_text("as published")
    for label in labels:
        (folder / f"{label}.json").write_text(json.dumps({"files": {file: 12}, "file": file}))


def left(data: Path) -> list[str]:
    return sorted(path.name for path in data.rglob("*") if path.is_file())


def test_the_file_of_a_static_source_is_deleted_with_its_receipt(data: Path) -> None:
    land(data, "taxi_zone_polygons", "static.zip", "static")
    delete_files(sources()["taxi_zone_polygons"], MONTH)
    assert left(data) == []


def test_a_yearly_archive_is_kept_while_another_month_refers_to_it(data: Path) -> None:
    land(data, "citibike", "2023.zip", "2023", "2023-05", "2023-06")
    delete_files(sources()["citibike"], MONTH)
    assert left(data) == ["2023-06.json", "2023.json", "2023.zip"]
    delete_files(sources()["citibike"], date(2023, 6, 1))
    assert left(data) == []


def test_a_month_that_is_not_stored_is_reported(data: Path) -> None:
    warehouse = Warehouse(data / "none.duckdb", data / "dbt", {})
    assert forget(warehouse, MONTH, []) == ["nothing is stored for 2023-05"]
    assert forget(warehouse, MONTH, ["citibike"]) == ["nothing is stored for 2023-05: citibike"]
    assert left(data) == []
