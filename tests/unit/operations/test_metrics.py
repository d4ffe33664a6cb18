"""The verb metrics: what it refuses before MetricFlow starts."""

from pathlib import Path

import pytest

from pipeline.errors import BadInput
from pipeline.operations.metrics import metrics
from pipeline.paths import path_for
from pipeline.tasks.receipts import Receipt
from pipeline.tasks.settings import warehouse


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOBILITY_DATA", str(tmp_path))


def test_without_a_month_it_names_the_command_that_builds_one() -> None:
    with pytest.raises(BadInput, match=r"no month is in .* yet; \./run\.sh month 2024-01 builds one"):
        metrics(warehouse(), ["query", "--metrics", "total_trips"])


def test_a_month_that_is_not_in_the_warehouse_is_refused_with_those_that_are() -> None:
    Receipt(path_for("warehouse/transformed", "2024-01", ".json")).write()
    with pytest.raises(BadInput, match="month 2023-05: not in the warehouse; it has 2024-01"):
        metrics(warehouse(), ["query", "--metrics", "total_trips", "--month", "2023-05"])
    with pytest.raises(BadInput, match="month '': not a month"):
        metrics(warehouse(), ["query", "--month"])
