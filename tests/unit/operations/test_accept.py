"""Which findings may be accepted, and what an acceptance lets pass."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import BadInput
from pipeline.operations.accept import accept
from pipeline.quality import Finding, verdict
from pipeline.quality.acceptance import accepted_because
from pipeline.tasks.records import record_of

MONTH = date(2024, 1, 1)


def found(sentence: str, outcome: str = "fail", severity: str = "critical") -> Finding:
    return Finding("fct_trips", "", "expect_column_to_exist", "", "it is well", severity, outcome, "0", sentence)


@pytest.fixture
def quality(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MOBILITY_DATA", str(tmp_path))
    (tmp_path / "quality").mkdir()
    return tmp_path / "quality"


def accepted(quality: Path, *findings: Finding) -> None:
    record = {"reason": "told TLC", "sentences": [finding.sentence for finding in findings]}
    (quality / "2024-01.accepted.json").write_text(json.dumps(record))


def reason_for(judged: dict[str, Any]) -> str:
    return accepted_because(judged, record_of("quality", MONTH, ".accepted.json"))


def test_what_was_accepted_lets_the_same_findings_pass_and_fewer_of_them(quality: Path) -> None:
    accepted(quality, found("a"), found("b"))
    assert reason_for(verdict(MONTH, [found("a"), found("b"), found("c", severity="warning")])) == "told TLC"
    assert reason_for(verdict(MONTH, [found("b")])) == "told TLC"


def test_nothing_else_passes(quality: Path) -> None:
    assert reason_for(verdict(MONTH, [found("a")])) == ""
    accepted(quality, found("a"))
    assert reason_for(verdict(MONTH, [found("a"), found("new")])) == ""
    assert reason_for(verdict(MONTH, [found("a", outcome="error")])) == ""
    assert reason_for(verdict(MONTH, [found("a"), found("b", "error", "warning")])) == ""


def test_what_could_not_be_judged_cannot_be_accepted(quality: Path) -> None:
    record = verdict(MONTH, [found("bad"), found("no such column", outcome="error")])
    (quality / "2024-01.findings.json").write_text(json.dumps(record))
    with pytest.raises(BadInput, match="what could not be judged cannot be accepted: no such column"):
        accept(quality / "none.duckdb", MONTH, "I like it", {})
    assert not (quality / "2024-01.accepted.json").exists()
