"""The verb report; tests/integration/test_readme.py writes pages with it."""

from datetime import date
from pathlib import Path

import pytest

from pipeline.errors import BadInput
from pipeline.operations.report import report


def test_a_month_that_is_not_published_is_refused_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOBILITY_DATA", str(tmp_path / "data"))
    with pytest.raises(BadInput, match=r"^month 2024-01: not published; \./run\.sh month 2024-01 builds it"):
        report(date(2024, 1, 1))
    assert not (tmp_path / "data").exists()
