"""Disagreements of receipts with files and a warehouse, all of them written by hand."""

import hashlib
from datetime import date
from pathlib import Path

import duckdb
import pytest

from pipeline.database import Warehouse
from pipeline.operations.verify import Disagreement, disagreements, invalidate
from pipeline.paths import path_for
from pipeline.tasks import records
from pipeline.tasks.receipts import Receipt

MONTH = date(2024, 1, 1)
TEXT = b"as published"


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    """Two loaded trips, of which one is a fact and one is rejected, with receipts that agree."""
    monkeypatch.setenv("MOBILITY_DATA", str(tmp_path))
    monkeypatch.setenv("MOBILITY_RUN_ID", "the-run")
    path = tmp_path / "warehouse/some.duckdb"
    for folder in ("landing/green_taxi", "parquet/green_taxi", "warehouse"):
        (tmp_path / folder).mkdir(parents=True)
    landed, parquet = (tmp_path / f"{stage}/green_taxi/2024-01.parquet" for stage in ("landing", "parquet"))
    landed.write_bytes(TEXT)
    with duckdb.connect(path) as con:
        for schema in ("raw_data", "core", "audit"):
            con.execute(f"create schema {schema}")
        con.execute("create table raw_data.green_taxi as select date '2024-01-01' as source_month from range(2)")
        for table in ("core.fct_trips", "audit.rejected_trips"):
            con.execute(f"create table {table} as select 'green_taxi' as source, date '2024-01-01' as source_month")
        con.execute("""
            create table core.fct_hourly_mobility as
            select date '2024-01-01' as source_month, 1 as trip_count, 0 as adjustment_count
        """)
        con.execute(f"copy (from range(2)) to '{parquet}' (format parquet)")
    receipt = {stage: Receipt(path_for(stage, MONTH, ".json", "green_taxi")) for stage in ("landing", "parquet")}
    receipt["landing"].write([landed], file=landed.name, sha256=hashlib.sha256(TEXT).hexdigest())
    receipt["parquet"].write([parquet], rows=2)
    Receipt(path_for("warehouse/loaded", MONTH, ".json", "green_taxi")).write(within=path, rows=2)
    Receipt(records.transform_receipt(MONTH)).write(within=path, facts="f", content="c")
    Receipt(path_for("published", MONTH, ".json"), version="c").write()
    return Warehouse(path, tmp_path / "dbt", {"threads": "1"})


def only(warehouse: Warehouse) -> Disagreement:
    [found] = disagreements(warehouse)
    return found


def execute(warehouse: Warehouse, sql: str) -> None:
    with warehouse.connect() as con:
        con.execute(sql)


def test_receipts_that_agree_give_no_disagreement(warehouse: Warehouse) -> None:
    assert list(disagreements(warehouse)) == []


def test_a_landed_file_that_is_gone_or_changed_invalidates_its_receipt(warehouse: Warehouse, tmp_path: Path) -> None:
    landed, receipt = tmp_path / "landing/green_taxi/2024-01.parquet", path_for("landing", MONTH, ".json", "green_taxi")
    landed.write_bytes(b"as_published")
    assert (only(warehouse).months, only(warehouse).invalid) == ((MONTH,), (receipt,))
    assert "sha256" in only(warehouse).text
    landed.unlink()
    assert only(warehouse).invalid == (receipt,)
    invalidate([only(warehouse)])
    assert Receipt(receipt).record["file"] == "2024-01.parquet", "the receipt stays: it says which source the month has"
    assert not Receipt(receipt).exists()


@pytest.mark.parametrize("rows", [1, 3])
def test_parquet_with_another_number_of_rows_invalidates_the_conversion(
    warehouse: Warehouse, tmp_path: Path, rows: int
) -> None:
    parquet = tmp_path / "parquet/green_taxi/2024-01.parquet"
    duckdb.execute(f"copy (from range({rows})) to '{parquet}' (format parquet)")
    assert only(warehouse).invalid == (path_for("parquet", MONTH, ".json", "green_taxi"),)
    assert f"{rows} rows" in only(warehouse).text


def test_lost_rows_invalidate_the_load(warehouse: Warehouse) -> None:
    execute(warehouse, "delete from raw_data.green_taxi")
    assert only(warehouse).invalid == (path_for("warehouse/loaded", MONTH, ".json", "green_taxi"),)


def test_a_lost_fact_invalidates_the_marts_of_its_month(warehouse: Warehouse) -> None:
    execute(warehouse, "delete from audit.rejected_trips")
    assert only(warehouse).invalid == (records.transform_receipt(MONTH),)


def test_hours_that_count_other_trips_than_the_facts_invalidate_all_marts(warehouse: Warehouse) -> None:
    execute(warehouse, "update core.fct_hourly_mobility set trip_count = 7")
    assert only(warehouse).invalid == (records.transform_receipt(MONTH),)


def test_what_is_published_must_be_what_the_marts_hold(warehouse: Warehouse) -> None:
    Receipt(records.transform_receipt(MONTH)).update(content="new")
    assert (only(warehouse).months, only(warehouse).invalid) == ((MONTH,), ())


def test_rows_without_a_receipt_are_loaded_again(warehouse: Warehouse) -> None:
    path_for("warehouse/loaded", MONTH, ".json", "green_taxi").unlink()
    source, month = only(warehouse).load or (None, None)
    assert source is not None and (source.name, month) == ("green_taxi", MONTH)
