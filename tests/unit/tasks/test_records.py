"""What receipts record of each month, and the receipts that are withdrawn before marts change."""

import os
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipeline.paths import path_for
from pipeline.sources import sources
from pipeline.tasks import records
from pipeline.tasks.receipts import Receipt

DECEMBER, JANUARY, FEBRUARY, MARCH, APRIL = (
    date(2023, 12, 1),
    *(date(2024, month, 1) for month in range(1, 5)),
)


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MOBILITY_DATA", str(tmp_path))
    monkeypatch.setenv("MOBILITY_RUN_ID", "the-run")
    return tmp_path


def build(*months: date) -> None:
    for month in months:
        Receipt(records.transform_receipt(month)).write(facts="f", content="c", models=20)


def publish(month: date, content: str) -> None:
    Receipt(path_for("published", month, ".json"), version=content).write()


def reject(month: date, why: str) -> None:
    Receipt(path_for("quality", month, ".rejected.json")).write(why=why)


def digests(content: str) -> dict[date, dict[str, str]]:
    return {month: {"facts": f"facts of {content}", "content": content} for month in (JANUARY, FEBRUARY, MARCH)}


def withdrawn_beside(month: date) -> dict[date, Mapping[str, Any]]:
    """Withdraws the receipts of the month and its neighbours; returns what the neighbours' receipts recorded."""
    return {other: record for other, record in records.withdraw([month]).items() if other != month}


def test_the_receipts_of_the_months_and_their_neighbours_are_withdrawn() -> None:
    build(DECEMBER, JANUARY, FEBRUARY, MARCH, APRIL)
    returned = records.withdraw([FEBRUARY])
    assert records.months_built() == [DECEMBER, APRIL]
    assert list(returned) == [JANUARY, FEBRUARY, MARCH]
    assert returned[JANUARY]["models"] == 20


def test_receipts_of_months_that_are_not_built_are_not_returned() -> None:
    build(JANUARY, FEBRUARY, MARCH)
    assert list(records.withdraw([JANUARY, FEBRUARY])) == [JANUARY, FEBRUARY, MARCH]
    assert records.months_built() == []


def test_neighbours_are_restored_with_the_digests_of_what_their_marts_hold_now() -> None:
    build(JANUARY, FEBRUARY, MARCH)
    earlier = records.record_of("warehouse/transformed", JANUARY)
    records.restore(withdrawn_beside(FEBRUARY), digests("new"))
    assert records.months_built() == [JANUARY, MARCH], "the month's own receipt is written by its task"
    restored = records.record_of("warehouse/transformed", JANUARY)
    assert earlier and restored == {**earlier, "facts": "facts of new", "content": "new", "tables": {}}
    assert Receipt(records.transform_receipt(MARCH)).exists()
    assert records.mart_digest(MARCH, "content") == "new"


def test_neighbours_that_differ_from_what_was_published_of_them_are_reported() -> None:
    build(JANUARY, FEBRUARY, MARCH)
    publish(JANUARY, content="c")
    publish(MARCH, content="new")
    assert records.restore(withdrawn_beside(FEBRUARY), digests("new")) == [JANUARY]
    assert (records.is_outdated(JANUARY), records.is_outdated(MARCH)) == (True, False)


def test_a_published_month_is_outdated_while_its_receipt_is_withdrawn() -> None:
    build(JANUARY)
    publish(JANUARY, content="c")
    assert not records.is_outdated(JANUARY)
    records.withdraw([JANUARY])
    assert records.is_outdated(JANUARY)
    assert not records.is_outdated(MARCH), "a month that was never published cannot be"


def test_receipts_of_a_warehouse_that_is_gone_are_invalidated(data: Path) -> None:
    build(JANUARY)
    warehouse = data / "warehouse/some.duckdb"
    duckdb.connect(warehouse).close()
    records.invalidate_if_lost(warehouse)
    assert Receipt(records.transform_receipt(JANUARY)).exists()
    warehouse.unlink()
    records.invalidate_if_lost(warehouse)
    assert not Receipt(records.transform_receipt(JANUARY)).exists()


@pytest.mark.parametrize("size", [0, 4096, 8192])
def test_a_warehouse_whose_creation_broke_off_is_created_again(data: Path, size: int) -> None:
    build(JANUARY)
    warehouse = data / "warehouse/some.duckdb"
    duckdb.connect(warehouse).close()
    os.truncate(warehouse, size)
    records.invalidate_if_lost(warehouse)
    assert not Receipt(records.transform_receipt(JANUARY)).exists()
    duckdb.connect(warehouse).close()


def test_months_to_maintain_are_those_built_or_published() -> None:
    build(MARCH)
    publish(JANUARY, content="c")
    Receipt(path_for("published", "weather_effects", ".json")).write()
    assert records.months_to_maintain() == [JANUARY, MARCH]


def test_only_months_that_are_built_are_rejected() -> None:
    build(JANUARY, FEBRUARY)
    reject(FEBRUARY, "too few rows")
    reject(MARCH, "left of a month that was forgotten")
    assert records.rejection_reasons() == {FEBRUARY: "too few rows"}


def test_the_record_of_a_static_source_is_the_same_for_every_month() -> None:
    zones = sources()["taxi_zones"]
    assert records.record_of("landing", JANUARY, source=zones) is None
    Receipt(path_for("landing", "static", ".json", zones.name)).write(url="https://host/zones.csv")
    for month in (JANUARY, FEBRUARY):
        record = records.record_of("landing", month, source=zones)
        assert record and record["url"] == "https://host/zones.csv"
