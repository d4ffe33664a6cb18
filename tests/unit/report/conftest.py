"""A published month, its page, and a copy of the month that a test may change."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from pipeline import report
from tests.unit.report.published_month import JANUARY, write_month

FINDINGS = [
    {
        "suite": "fct_trips",
        "severity": "warning",
        "outcome": "fail",
        "sentence": "core.fct_trips: 2024-01 FAILED a < b & <script>alert(1)</script>: 5 of 9 rows violate it",
    },
    {
        "suite": "fct_trips",
        "severity": "critical",
        "outcome": "pass",
        "sentence": "core.fct_trips: 2024-01 passed every trip has an id: 0 of 9 rows are null",
    },
]
PROVENANCE = [
    {
        "source": source,
        "url": f"https://publisher.example/{source}?a=1&b=2",
        "bytes": 49_961_641,
        "sha256": "c0ffee" * 10,
        "fetched_at": "2024-03-21T02:00:11",
        "rows": 1003,
    }
    for source in ("yellow_taxi", "citibike", "weather")
]


@pytest.fixture(scope="session")
def january(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of published files. Tests only read it."""
    return write_month(tmp_path_factory.mktemp("january") / "published")


@pytest.fixture(scope="session")
def html(january: Path) -> str:
    return report.page(january, JANUARY, FINDINGS, PROVENANCE)


@pytest.fixture
def published(january: Path, tmp_path: Path) -> Path:
    """A copy of the published files that the test may change."""
    return shutil.copytree(january, tmp_path / "published")


@pytest.fixture
def findings() -> list[dict[str, str]]:
    return FINDINGS


@pytest.fixture
def provenance() -> list[dict[str, Any]]:
    return PROVENANCE
