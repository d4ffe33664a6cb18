"""The verb accept: its record, and its reason in the warehouse."""

import json
from datetime import date
from pathlib import Path

import duckdb
import pytest

from pipeline.database import Warehouse
from pipeline.errors import BadInput
from pipeline.operations.accept import accept
from pipeline.quality import Finding, Verdict

MONTH = date(2024, 1, 1)


def found(sentence: str, outcome: str = "fail", severity: str = "critical") -> Finding:
    return Finding("fct_trips", "", "expect_column_to_exist", "", "it exists", severity, outcome, "0", sentence)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MOBILITY_DATA", str(tmp_path))
    (tmp_path / "quality").mkdir()
    return tmp_path / "quality"


def judged(folder: Path, *findings: Finding) -> None:
    (folder / "2024-01.findings.json").write_text(json.dumps(Verdict.of(MONTH, findings).record()))


def test_an_acceptance_is_recorded_in_its_file_and_beside_the_findings(folder: Path) -> None:
    judged(folder, found("bad"), found("slow", severity="warning"))
    database = folder / "some.duckdb"
    with duckdb.connect(database) as con:
        con.execute("create schema quality")
        con.execute("""
            create table quality.findings as
            select date '2024-01-01' as source_month, now() as judged_at, null::varchar as accepted_because,
                unnest(['bad', 'slow']) as sentence
        """)
    assert accept(Warehouse(database, folder, {}), MONTH, "TLC is informed").startswith("2024-01: accepted 1 findings")
    record = json.loads((folder / "2024-01.accepted.json").read_text())
    assert (record["reason"], record["sentences"]) == ("TLC is informed", ["bad"])
    with duckdb.connect(database) as con:
        rows = con.execute("select sentence, accepted_because from quality.findings order by 1").fetchall()
    assert rows == [("bad", "TLC is informed"), ("slow", None)]


def test_a_refused_acceptance_writes_nothing(folder: Path) -> None:
    with pytest.raises(BadInput, match="is not rejected"):
        accept(Warehouse(folder / "none.duckdb", folder, {}), MONTH, "I like it")
    judged(folder, found("bad"), found("no such column", outcome="error"))
    with pytest.raises(BadInput, match="cannot be accepted: no such column"):
        accept(Warehouse(folder / "none.duckdb", folder, {}), MONTH, "I like it")
    assert not (folder / "2024-01.accepted.json").exists()
    assert not (folder / "none.duckdb").exists()
