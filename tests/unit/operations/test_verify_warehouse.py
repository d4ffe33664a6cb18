"""Disagreements of receipts with a warehouse, all of it written by hand."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from pathlib import Path

import duckdb
import pytest

from pipeline.database import Warehouse
from pipeline.operations.disagreements import Disagreement
from pipeline.operations.verify_warehouse import compare_warehouse
from pipeline.paths import path_for
from pipeline.results import Content
from pipeline.tasks import records
from pipeline.tasks.receipts import Receipt
from pipeline.warehouse import contents

MONTH = date(2024, 1, 1)


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    """Two loaded trips, of which one is a fact and one is rejected, with receipts that agree."""
    monkeypatch.setenv("MOBILITY_DATA", str(tmp_path))
    monkeypatch.setenv("MOBILITY_RUN_ID", "the-run")
    warehouse = Warehouse(tmp_path / "warehouse/nyc_mobility.duckdb", tmp_path / "dbt", {"threads": "1"})
    for folder in ("parquet/green_taxi", "warehouse", "published/fct_trips/month=2024-01"):
        (tmp_path / folder).mkdir(parents=True)
    parquet = tmp_path / "parquet/green_taxi/2024-01.parquet"
    with duckdb.connect(warehouse.path) as con:
        for schema in ("raw_data", "core", "audit"):
            con.execute(f"create schema {schema}")
        con.execute(f"copy (select range as fare from range(2)) to '{parquet}' (format parquet)")
        con.execute(f"create view raw_data.green_taxi as from read_parquet(['{parquet}'])")
        con.execute("""
            create table raw_data.loads as
            select 'green_taxi' as source, date '2024-01-01' as source_month, 2 as rows_raw
        """)
        for table in ("raw_data.built", "core.fct_trips", "audit.rejected_trips"):
            con.execute(f"create table {table} as select 'green_taxi' as source, date '2024-01-01' as source_month")
        con.execute("""
            create table core.fct_hourly_mobility as
            select date '2024-01-01' as source_month, 1 as trip_count, 0 as adjustment_count
        """)
        con.execute("create table core.dim_time as from range(24)")
    converted = Receipt(path_for("parquet", MONTH, ".json", "green_taxi"))
    converted.write([parquet], rows=2)
    loaded = Receipt(path_for("warehouse/loaded", MONTH, ".json", "green_taxi"), [converted])
    loaded.write(within=warehouse.path, rows=2)
    vouch(warehouse, loaded)
    return warehouse


def vouch(warehouse: Warehouse, loaded: Receipt) -> None:
    """Writes the receipts of the models, of what the tables hold now."""
    tables, dimensions = contents.contents_of_months(warehouse, [MONTH]), contents.contents_of_dimensions(warehouse)
    built = Receipt(records.transform_receipt(MONTH), [loaded])
    built.write(within=warehouse.path, facts="f", content="c", tables=to_record(tables[MONTH]))
    Receipt(records.dimensions_receipt()).write(within=warehouse.path, tables=to_record(dimensions))
    Receipt(path_for("published", MONTH, ".json"), version="c").write()


def to_record(tables: Mapping[str, Content]) -> dict[str, object]:
    return {name: asdict(content) for name, content in tables.items()}


def only(warehouse: Warehouse, is_deep: bool = False) -> Disagreement:
    [found] = compare_warehouse(warehouse, is_deep)
    return found


def execute(warehouse: Warehouse, sql: str) -> None:
    with warehouse.connect() as con:
        con.execute(sql)


@pytest.mark.parametrize("is_deep", [True, False])
def test_receipts_that_agree_give_no_disagreement(warehouse: Warehouse, is_deep: bool) -> None:
    assert compare_warehouse(warehouse, is_deep) == []


def test_lost_rows_invalidate_the_load(warehouse: Warehouse) -> None:
    execute(warehouse, "update raw_data.loads set rows_raw = 0")
    assert only(warehouse).text == "2024-01 green_taxi: raw_data.loads has 0 rows, expected 2"
    assert only(warehouse).invalid == (path_for("warehouse/loaded", MONTH, ".json", "green_taxi"),)


@pytest.mark.parametrize("view", ["", "create view raw_data.green_taxi as select 7 as fare"])
def test_a_raw_table_that_does_not_show_a_file_invalidates_its_load(warehouse: Warehouse, view: str) -> None:
    execute(warehouse, f"drop view raw_data.green_taxi; {view}")
    assert only(warehouse).text == "2024-01 green_taxi: raw_data.green_taxi does not show the rows of the file"
    assert only(warehouse).invalid == (path_for("warehouse/loaded", MONTH, ".json", "green_taxi"),)


def test_a_lost_fact_invalidates_the_marts_of_its_month(warehouse: Warehouse) -> None:
    execute(warehouse, "delete from core.fct_trips")
    assert only(warehouse).text == "2024-01: core.fct_trips has 0 rows, expected 1"
    assert only(warehouse).invalid == (records.transform_receipt(MONTH),)


def test_facts_that_do_not_add_up_are_found_where_a_receipt_records_no_tables(warehouse: Warehouse) -> None:
    execute(warehouse, "delete from audit.rejected_trips")
    Receipt(records.transform_receipt(MONTH)).update(tables={})
    assert "1 facts and 0 rejected rows, expected 2 in total" in only(warehouse).text


def test_a_changed_value_is_found_by_the_full_form(warehouse: Warehouse) -> None:
    execute(warehouse, "update core.fct_trips set source = 'yellow_taxi'")
    execute(warehouse, "update core.dim_time set range = 30 where range = 3")
    assert [one.text for one in compare_warehouse(warehouse, is_deep=True)] == [
        "2024-01: core.fct_trips has other values than were built",
        "core.dim_time has other values than were built",
    ]


def test_after_an_upgrade_of_duckdb_tables_are_compared_with_what_was_published(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    receipt, folder = Receipt(records.transform_receipt(MONTH)), tmp_path / "published/fct_trips/month=2024-01"
    tables = receipt.record["tables"]
    receipt.update(tables={"core.fct_trips": tables["core.fct_trips"] | {"digest": "1.9.9 123"}})
    with warehouse.connect() as con:
        con.execute(f"copy core.fct_trips to '{folder}/fct_trips.parquet' (format parquet)")
    assert compare_warehouse(warehouse, is_deep=True) == []
    execute(warehouse, "update core.fct_trips set source = 'yellow_taxi'")
    assert "was built with another version of DuckDB (1.9.9)" in only(warehouse, is_deep=True).text


def test_a_table_that_is_dropped_is_named(warehouse: Warehouse) -> None:
    execute(warehouse, "drop table core.dim_time")
    assert (only(warehouse).text, only(warehouse).months) == ("core.dim_time does not exist", (MONTH,))


def test_what_is_published_must_be_what_the_marts_hold(warehouse: Warehouse) -> None:
    Receipt(records.transform_receipt(MONTH)).update(content="new")
    assert (only(warehouse).months, only(warehouse).invalid) == ((MONTH,), ())


def test_a_source_that_the_next_build_would_take_for_new_is_named(warehouse: Warehouse) -> None:
    execute(warehouse, "delete from raw_data.built")
    assert only(warehouse).text == "2024-01: raw_data.built lacks green_taxi, which the month was built from"


def test_rows_without_a_receipt_are_loaded_again(warehouse: Warehouse) -> None:
    path_for("warehouse/loaded", MONTH, ".json", "green_taxi").unlink()
    assert only(warehouse).steps == ("Load green_taxi 2024-01",)


@pytest.mark.parametrize("content", [None, bytes(20_000), b"no database"])
def test_without_a_warehouse_that_can_be_read_everything_is_loaded_again(
    warehouse: Warehouse, content: bytes | None
) -> None:
    warehouse.path.unlink()
    if content is not None:
        warehouse.path.write_bytes(content)
    found = only(warehouse)
    assert (found.months, found.steps) == ((MONTH,), ("Load green_taxi 2024-01",))
    assert set(found.invalid) == {
        path_for("warehouse/loaded", MONTH, ".json", "green_taxi"),
        records.transform_receipt(MONTH),
    }
    assert found.unreadable == (warehouse.path if content is not None else None)
