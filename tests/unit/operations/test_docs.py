"""The verb docs."""

from pathlib import Path

import pytest

from pipeline import cli


def test_it_writes_the_pages_and_prints_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MOBILITY_DATA", str(tmp_path))
    assert cli.main(["docs"]) == 0
    (first,) = capsys.readouterr().out.split()
    assert first == f"{tmp_path}/reports/docs/index.html"
    assert (tmp_path / "reports/docs/operation.html").exists()
