"""What repairs a disagreement."""

from datetime import date
from pathlib import Path

import pytest

from pipeline.operations import disagreements
from pipeline.paths import path_for
from pipeline.sources import sources
from pipeline.tasks import records
from pipeline.tasks.receipts import Receipt

JANUARY, FEBRUARY = date(2024, 1, 1), date(2024, 2, 1)
GREEN = sources()["green_taxi"]


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MOBILITY_DATA", str(tmp_path))
    monkeypatch.setenv("MOBILITY_RUN_ID", "the-run")
    return tmp_path


def build(*months: date) -> None:
    for month in months:
        Receipt(records.transform_receipt(month)).write()


@pytest.mark.parametrize(
    ("stages", "step"),
    [((), "Download"), (("parquet",), "Convert"), (("parquet", "warehouse/loaded"), "Load")],
)
def test_the_last_step_that_was_done_is_done_again(stages: tuple[str, ...], step: str) -> None:
    for stage in stages:
        Receipt(path_for(stage, JANUARY, ".json", "green_taxi")).write()
    assert disagreements.source_disagreement(GREEN, JANUARY, "is gone", []).steps == (f"{step} green_taxi 2024-01",)


def test_a_file_that_serves_all_months_is_part_of_every_built_month() -> None:
    build(JANUARY, FEBRUARY)
    zones = sources()["taxi_zones"]
    assert disagreements.months_of(zones, zones.first_month) == (JANUARY, FEBRUARY)
    assert disagreements.months_of(GREEN, JANUARY) == (JANUARY,)
    assert disagreements.months_of(GREEN, date(2024, 3, 1)) == ()


def test_dimensions_are_built_with_the_newest_month_that_is_not_rejected() -> None:
    build(JANUARY, FEBRUARY)
    assert disagreements.dimensions_disagreement("is empty").months == (FEBRUARY,)
    Receipt(path_for("quality", FEBRUARY, ".rejected.json")).write(why="too few rows")
    assert disagreements.dimensions_disagreement("is empty").months == (JANUARY,)


def test_a_file_is_intact_while_it_has_the_content_that_was_written(data: Path) -> None:
    file, receipt = data / "some.parquet", Receipt(data / "some.json")
    file.write_bytes(b"rows")
    receipt.write([file])
    assert disagreements.is_intact(receipt.path)
    file.write_bytes(b"ROWS")
    assert not disagreements.is_intact(receipt.path)
    assert list(disagreements.changes(receipt.path)) == ["some.parquet differs from what was written (sha256)"]
