"""Disagreements of receipts with files, all of them written by hand."""

import hashlib
from datetime import date
from pathlib import Path

import pytest

from pipeline.database import Warehouse
from pipeline.operations.disagreements import Disagreement
from pipeline.operations.verify import disagreements
from pipeline.paths import path_for
from pipeline.tasks.receipts import Receipt

MONTH = date(2024, 1, 1)
TEXT = b"as published"


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    """A file that was downloaded and converted, with receipts that agree; no warehouse."""
    monkeypatch.setenv("MOBILITY_DATA", str(tmp_path))
    monkeypatch.setenv("MOBILITY_RUN_ID", "the-run")
    for folder in ("landing", "parquet"):
        (tmp_path / folder / "citibike").mkdir(parents=True)
    landed, parquet = tmp_path / "landing/citibike/2024.zip", tmp_path / "parquet/citibike/2024-01.parquet"
    landed.write_bytes(TEXT)
    parquet.write_bytes(TEXT)
    digest = hashlib.sha256(TEXT).hexdigest()
    for label in ("2024", "2024-01", "2024-02"):
        Receipt(path_for("landing", label, ".json", "citibike")).write([landed], digest=digest, file=landed.name)
    landing = Receipt(path_for("landing", MONTH, ".json", "citibike"))
    Receipt(path_for("parquet", MONTH, ".json", "citibike"), [landing]).write([parquet], rows=2)
    return Warehouse(tmp_path / "warehouse/some.duckdb", tmp_path / "dbt", {})


def only(warehouse: Warehouse, is_deep: bool = True) -> Disagreement:
    [found] = disagreements(warehouse, is_deep)
    return found


def names(paths: tuple[Path, ...]) -> list[str]:
    return [f"{path.parent.parent.name} {path.stem}" for path in paths]


def test_receipts_that_agree_give_no_disagreement(warehouse: Warehouse) -> None:
    assert disagreements(warehouse) == []


def test_what_is_not_built_yet_is_repaired_by_its_last_step(warehouse: Warehouse, tmp_path: Path) -> None:
    (tmp_path / "parquet/citibike/2024-01.parquet").unlink()
    assert only(warehouse).text == "2024-01 citibike: parquet/citibike/2024-01.parquet does not exist"
    assert (only(warehouse).months, only(warehouse).steps) == ((), ("Convert citibike 2024-01",))


def test_an_archive_that_is_gone_invalidates_the_receipts_of_all_its_months(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    (tmp_path / "landing/citibike/2024.zip").unlink()
    found = disagreements(warehouse, is_deep=False)
    assert {name for one in found for name in names(one.invalid)} == {
        "landing 2024",
        "landing 2024-01",
        "landing 2024-02",
    }
    assert [one.text for one in found] == [
        f"2024-{month} citibike: landing/citibike/2024.zip does not exist" for month in ("01", "02")
    ]


def test_a_file_of_equal_size_and_other_content_is_found_by_the_full_form_alone(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    (tmp_path / "parquet/citibike/2024-01.parquet").write_bytes(b"as_published")
    assert disagreements(warehouse, is_deep=False) == []
    assert "sha256" in only(warehouse).text
    assert names(only(warehouse).invalid) == ["parquet 2024-01"]


def test_a_file_that_was_replaced_and_not_converted_again_is_named(warehouse: Warehouse, tmp_path: Path) -> None:
    landed = tmp_path / "landing/citibike/2024-01.zip"
    landed.write_bytes(b"re-issued")
    digest = hashlib.sha256(b"re-issued").hexdigest()
    Receipt(path_for("landing", MONTH, ".json", "citibike")).write([landed], digest=digest, file=landed.name)
    assert "has changed since parquet/citibike/2024-01.json was made from it" in only(warehouse).text


def test_a_receipt_that_cannot_be_read_is_named(warehouse: Warehouse) -> None:
    receipt = path_for("parquet", MONTH, ".json", "citibike")
    receipt.write_bytes(bytes(100))
    assert only(warehouse).text == "2024-01 citibike: parquet/citibike/2024-01.json is damaged"
    Receipt(receipt).invalidate()
    assert not receipt.exists()


def test_a_receipt_that_was_invalidated_is_named_until_it_is_written_again(warehouse: Warehouse) -> None:
    receipt = Receipt(path_for("parquet", MONTH, ".json", "citibike"))
    receipt.invalidate()
    assert receipt.record["rows"] == 2, "the receipt stays: it says which sources a month has"
    assert "was invalidated" in only(warehouse).text


def test_what_was_published_before_a_month_was_rejected_may_be_older(warehouse: Warehouse) -> None:
    findings = Receipt(path_for("quality", MONTH, ".findings.json"))
    findings.write()
    Receipt(path_for("quality", MONTH, ".json"), [findings]).write()
    findings.write(result="other findings")
    assert "has changed since" in only(warehouse).text
    Receipt(path_for("warehouse/transformed", MONTH, ".json")).write()
    Receipt(path_for("warehouse", "dimensions", ".json")).write()
    Receipt(path_for("quality", MONTH, ".rejected.json"), [findings]).write(why="too few rows")
    assert disagreements(warehouse) == []
