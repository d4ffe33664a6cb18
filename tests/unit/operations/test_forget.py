"""Which files are deleted with a source, and which are kept."""

import json
from datetime import date
from pathlib import Path

import pytest

from pipeline.database import Warehouse
from pipeline.errors import BadInput
from pipeline.operations.forget import delete_files, delete_published, delete_receipts, forget, require_stored
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


@pytest.mark.parametrize(
    ("month", "names", "what"),
    [
        (date(2023, 4, 1), [], "2023-04"),
        (date(2023, 4, 1), ["citibike"], "2023-04 of citibike"),
        (MONTH, ["green_taxi"], "2023-05 of green_taxi"),
        (MONTH, ["citibike", "weather"], "2023-05 of weather"),
    ],
)
def test_what_is_not_stored_cannot_be_forgotten(data: Path, month: date, names: list[str], what: str) -> None:
    land(data, "citibike", "2023.zip", "2023", "2023-05")
    with pytest.raises(BadInput, match=rf"^nothing is stored for {what}; nothing was deleted; \S+ status lists what"):
        require_stored(month, names)


def test_the_data_to_explore_are_deleted_with_what_is_published(data: Path) -> None:
    for name in ("explore/2023-05.js", "explore/2023-05.json", "explore/2023-06.js", "2023-05.html"):
        (data / "reports/explore").mkdir(parents=True, exist_ok=True)
        (data / "reports" / name).write_text("{}")
    assert len([*delete_published(MONTH), *delete_receipts(MONTH)]) == 3
    assert left(data) == ["2023-06.js"]


@pytest.mark.parametrize("names", [[], ["citibike"]])
def test_what_is_stored_can_be_forgotten(data: Path, names: list[str]) -> None:
    land(data, "citibike", "2023.zip", "2023", "2023-05")
    require_stored(MONTH, names)
    messages = forget(Warehouse(data / "none.duckdb", data / "dbt", {}), MONTH, names)
    assert messages == [f"2023-05: deleted {', '.join(names) or 'everything'} (3 files)"]
    assert left(data) == []


def test_what_builds_the_month_from_the_sources_that_are_left_is_said(data: Path) -> None:
    land(data, "citibike", "2023-05.zip", "2023-05")
    (data / "warehouse/loaded/green_taxi").mkdir(parents=True)
    (data / "warehouse/loaded/green_taxi/2023-05.json").write_text("{}")
    assert forget(Warehouse(data / "none.duckdb", data / "dbt", {}), MONTH, ["citibike"]) == [
        "2023-05: deleted citibike (2 files)",
        "2023-05: not published now; ./run.sh month 2023-05 --sources green_taxi builds it again from what is loaded",
    ]
