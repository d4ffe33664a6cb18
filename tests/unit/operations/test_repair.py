"""The verb verify --repair, where there is nothing for Luigi to do."""

from datetime import date
from pathlib import Path

import pytest

from pipeline.database import Warehouse
from pipeline.operations.disagreements import Disagreement
from pipeline.operations.repair import rebuild
from pipeline.paths import path_for
from pipeline.tasks.receipts import Receipt


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    monkeypatch.setenv("MOBILITY_DATA", str(tmp_path))
    monkeypatch.setenv("MOBILITY_RUN_ID", "the-run")
    return Warehouse(tmp_path / "some.duckdb", tmp_path / "dbt", {})


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*") if path.is_file()}


def test_receipts_are_invalidated_and_without_months_nothing_is_run(warehouse: Warehouse, tmp_path: Path) -> None:
    receipt = Receipt(path_for("parquet", date(2024, 1, 1), ".json", "green_taxi"))
    receipt.write(rows=2)
    assert receipt.exists()
    assert rebuild(warehouse, [Disagreement("the Parquet file is gone", invalid=(receipt.path,))]) == 0
    assert not receipt.exists()
    assert files(tmp_path) == {"2024-01.json"}


def test_a_warehouse_that_cannot_be_read_is_set_aside(warehouse: Warehouse, tmp_path: Path) -> None:
    warehouse.path.write_bytes(b"damaged")
    warehouse.path.with_name("some.duckdb.wal").write_bytes(b"damaged")
    assert rebuild(warehouse, [Disagreement("cannot be read", unreadable=warehouse.path)]) == 0
    assert files(tmp_path) == {"some.duckdb.unreadable", "some.duckdb.unreadable.wal"}
