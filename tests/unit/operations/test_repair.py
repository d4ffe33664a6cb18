"""The verb verify --repair, where there is nothing for Luigi to do."""

from datetime import date
from pathlib import Path

import pytest

from pipeline.operations.repair import repair
from pipeline.operations.verify import Disagreement
from pipeline.paths import path_for
from pipeline.tasks.receipts import Receipt


def test_receipts_are_invalidated_and_without_months_nothing_is_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOBILITY_DATA", str(tmp_path))
    monkeypatch.setenv("MOBILITY_RUN_ID", "the-run")
    receipt = Receipt(path_for("parquet", date(2024, 1, 1), ".json", "green_taxi"))
    receipt.write(rows=2)
    assert receipt.exists()
    assert repair([Disagreement("the Parquet file is gone", invalid=(receipt.path,))]) == 0
    assert not receipt.exists()
    assert {path.name for path in tmp_path.rglob("*") if path.is_file()} == {"2024-01.json"}
