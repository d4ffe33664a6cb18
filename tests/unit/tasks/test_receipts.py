"""A receipt exists only while what it was built from is stored."""

import json
from pathlib import Path

import pytest

from pipeline.errors import BadFile
from pipeline.paths import atomic_write, path_for
from pipeline.tasks.receipts import Receipt


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MOBILITY_DATA", str(tmp_path))
    return tmp_path


def landed(text: str = "rows") -> Receipt:
    path = path_for("landing", "2024-01", ".csv", "citibike")
    with atomic_write(path) as part:
        part.write_text(text)
    receipt = Receipt(path_for("landing", "2024-01", ".json", "citibike"))
    receipt.write([path], digest=f"sha256 of {text}")
    return receipt


def made_from(*inputs: Receipt, stage: str = "parquet", version: str = "") -> Receipt:
    return Receipt(path_for(stage, "2024-01", ".json", "citibike"), inputs, version)


def test_a_receipt_is_named_by_its_path() -> None:
    assert str(landed()) == "landing/citibike/2024-01.json"


def test_a_receipt_exists_once_it_is_written() -> None:
    receipt = made_from(landed())
    assert not receipt.exists()
    receipt.write()
    assert receipt.exists()
    assert made_from(landed()).exists(), "the same receipt of another task"


def test_a_revised_input_makes_everything_built_from_it_incomplete_until_it_returns() -> None:
    parquet = made_from(landed())
    parquet.write()
    loaded = made_from(parquet, stage="warehouse/loaded")
    loaded.write()
    assert loaded.exists()
    landed("revised rows")
    assert not parquet.exists()
    assert not loaded.exists()
    landed()
    assert loaded.exists(), "its input has the same content again"


def test_a_receipt_that_a_run_invalidates_does_not_exist_until_it_is_written_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    receipt = landed()
    assert not receipt.is_unusable_in_this_run
    receipt.invalidate()
    assert not receipt.exists() and receipt.is_unusable_in_this_run
    assert receipt.record["digest"] == "sha256 of rows", "what is stored is still known"
    monkeypatch.setenv("MOBILITY_RUN_ID", "a later run")
    assert not receipt.exists() and not receipt.is_unusable_in_this_run
    assert landed().exists()


def test_one_input_more_or_less_makes_a_receipt_incomplete() -> None:
    one, other = landed(), Receipt(path_for("landing", "2024-01", ".json", "weather"))
    other.write(digest="2")
    month = made_from(one, stage="month")
    month.write()
    assert not made_from(one, other, stage="month").exists()
    made_from(one, other, stage="month").write()
    assert made_from(one, other, stage="month").exists()
    assert not month.exists()


def test_another_declared_version_makes_a_receipt_incomplete() -> None:
    made_from(landed(), version="1").write()
    assert made_from(landed(), version="1").exists()
    assert not made_from(landed(), version="2").exists()


def test_a_receipt_does_not_exist_without_its_file(data: Path) -> None:
    receipt = landed()
    (data / "landing/citibike/2024-01.csv").write_text("cut")
    assert not receipt.exists()
    (data / "landing/citibike/2024-01.csv").unlink()
    assert not receipt.exists()


def test_a_receipt_does_not_exist_without_the_warehouse_which_may_grow(data: Path) -> None:
    database, receipt = data / "warehouse.duckdb", made_from(landed())
    database.write_text("small")
    receipt.write(within=database)
    database.write_text("larger by now")
    assert receipt.exists()
    database.unlink()
    assert not receipt.exists()


def test_a_damaged_receipt_does_not_exist() -> None:
    receipt = made_from(landed())
    receipt.write()
    receipt.path.write_text('{"digest": "ab')
    assert not receipt.exists()


@pytest.mark.parametrize("content", [b"", b"[" * 100_000, b"[]", b"\xff", None])
def test_a_damaged_receipt_is_reported_in_one_line_and_can_be_written_again(content: bytes | None) -> None:
    receipt = landed()
    receipt.path.unlink()
    receipt.path.mkdir() if content is None else receipt.path.write_bytes(content)
    assert list(receipt.losses()) == ["landing/citibike/2024-01.json is damaged"]
    with pytest.raises(
        BadFile, match=r"^landing/citibike/2024-01.json is damaged; \S+ verify --repair builds it again$"
    ):
        assert receipt.record
    receipt.invalidate()
    receipt.write()
    assert receipt.exists()


def test_a_folder_in_the_place_of_a_file_is_a_loss(data: Path) -> None:
    receipt = landed()
    (file,) = data.glob("landing/citibike/*.csv")
    file.unlink()
    file.mkdir()
    assert list(receipt.losses()) == ["landing/citibike/2024-01.csv is a folder, expected a file"]
    assert not receipt.exists()


def test_a_receipt_contains_no_path_of_this_machine(data: Path) -> None:
    receipt = made_from(landed())
    receipt.write()
    assert str(data) not in receipt.path.read_text()
    assert json.loads(receipt.path.read_text())["made_from"] == {"landing/citibike/2024-01.json": "sha256 of rows"}
