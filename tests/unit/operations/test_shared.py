"""What is published of all months together."""

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from pipeline.database import Warehouse
from pipeline.operations.shared import publish_shared
from pipeline.tasks.receipts import Receipt
from tests.conftest import Workspace


def test_the_dimensions_and_the_index_are_published_with_receipts(
    finished: Workspace,
    with_project_files: Callable[[Workspace], Workspace],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with_project_files(Workspace(tmp_path, finished.upstream))
    monkeypatch.setenv("MOBILITY_DATA", str(tmp_path))
    monkeypatch.setenv("MOBILITY_RUN_ID", "the-run")
    warehouse = Warehouse(tmp_path / "some.duckdb", tmp_path / "dbt", {})
    with duckdb.connect(warehouse.path) as con:
        con.execute("create schema core")
        con.execute("create table core.time_spine_day as select date '2024-01-01' as day_start")
        con.execute("create table core.fct_trips as select date '2024-01-01' as source_month")
    publish_shared(warehouse)
    dimensions, index = Receipt(tmp_path / "published/dimensions.json"), Receipt(tmp_path / "reports/index.json")
    assert [*dimensions.record["files"]] == ["published/time_spine_day/time_spine_day.parquet"]
    assert [*index.record["files"]] == ["reports/index.html"]
    assert not [*dimensions.losses(), *index.losses()]
