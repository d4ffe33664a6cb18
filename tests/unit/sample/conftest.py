"""Generated folders that the test modules of the sample share."""

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from pipeline.sample.generate import generate
from tests.conftest import create_once
from tests.unit.sample.generated_files import ANOMALOUS_MONTH, MONTHS, TRIP_SOURCES, generate_small

ERAS = (
    *(date(2011, 1, 1), date(2013, 12, 1), date(2014, 9, 1), date(2015, 1, 1), date(2015, 5, 1), date(2016, 10, 1)),
    *(date(2017, 3, 1), date(2017, 8, 1), date(2019, 1, 1), date(2019, 5, 1), date(2020, 3, 1), date(2021, 2, 1)),
    *(date(2022, 2, 1), date(2023, 1, 1), date(2023, 2, 1), date(2024, 8, 1), date(2025, 1, 1)),
)
"""Months whose files differ in columns, types or formats."""


@dataclass(frozen=True)
class Generated:
    """A generated folder and its manifest."""

    root: Path

    def entry(self, source: str, month: date) -> dict[str, object]:
        entries = json.loads((self.root / "manifest.json").read_text())["files"]
        [found] = [entry for entry in entries if (entry["source"], entry["month"]) == (source, str(month))]
        return dict(found)

    def file(self, source: str, month: date) -> Path:
        return self.root / str(self.entry(source, month)["file"])

    def counts(self, source: str, month: date) -> dict[str, int]:
        counts = self.entry(source, month)["counts"]
        assert isinstance(counts, dict)
        return counts


@pytest.fixture(scope="session")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Generated:
    """Two months of every source, the second one with anomalies."""

    def make(root: Path) -> None:
        sources = (*TRIP_SOURCES, "taxi_zones")
        generate(root, MONTHS, sources=sources, scale=0.2, anomalous_months=[ANOMALOUS_MONTH])

    return Generated(create_once(tmp_path_factory, "sample-months", make))


@pytest.fixture(scope="session")
def eras(tmp_path_factory: pytest.TempPathFactory) -> Generated:
    """A few rows of every source in each of ``ERAS``."""

    def make(root: Path) -> None:
        generate_small(root, [*ERAS], *TRIP_SOURCES)

    return Generated(create_once(tmp_path_factory, "sample-eras", make))
