"""What the receipts of the marts record of a warehouse that is written by hand."""

from datetime import date
from pathlib import Path

import duckdb
import pytest

from pipeline.database import Warehouse
from pipeline.errors import BadInput
from pipeline.tasks import records
from pipeline.tasks.marts import facts_of, rebuild
from pipeline.tasks.receipts import Receipt

JANUARY, FEBRUARY = date(2024, 1, 1), date(2024, 2, 1)


def test_a_changed_month_records_all_its_tables_and_a_neighbour_those_that_it_is_reached_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOBILITY_DATA", str(tmp_path))
    monkeypatch.setenv("MOBILITY_RUN_ID", "the-run")
    (tmp_path / "warehouse").mkdir()
    warehouse = Warehouse(tmp_path / "warehouse/some.duckdb", tmp_path / "dbt", {})
    with duckdb.connect(warehouse.path) as con:
        for schema in ("core", "audit"):
            con.execute(f"create schema {schema}")
        months = "unnest([date '2024-01-01', date '2024-02-01']) as source_month"
        con.execute(f"create table core.fct_trips as select {months}, 7 as trip_id")
        con.execute(f"create table core.fct_hourly_mobility as select {months}, 7 as trip_count")
        con.execute(
            f"create table audit.month_ledger as select {months}, '' as source, 1 as rows_fact, 0 as rows_rejected"
        )
        con.execute("create table core.dim_time as from range(24)")
        con.execute("create table core.dim_weather as select timestamp '2024-01-01 00:00' as local_hour")
    facts = facts_of(warehouse, {JANUARY}, {FEBRUARY: {}})
    assert [*facts[JANUARY]["tables"]] == ["audit.month_ledger", "core.fct_hourly_mobility", "core.fct_trips"]
    assert [*facts[FEBRUARY]["tables"]] == ["core.fct_hourly_mobility"]
    assert facts[JANUARY]["tables"]["core.fct_trips"]["rows"] == 1
    assert facts[JANUARY]["content"] and facts[JANUARY]["facts"]
    dimensions = Receipt(records.dimensions_receipt()).record["tables"]
    assert {name: held["rows"] for name, held in dimensions.items()} == {"core.dim_time": 24, "core.dim_weather": 1}


def test_an_engine_that_cannot_start_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOBILITY_DATA", str(tmp_path))
    monkeypatch.setenv("SPARK_REMOTE", "sc://host")
    receipt = Receipt(records.transform_receipt(JANUARY))
    receipt.write(rows=1)
    warehouse = Warehouse(tmp_path / "warehouse/some.duckdb", tmp_path / "dbt", {}, engine="spark")
    with pytest.raises(BadInput, match="SPARK_REMOTE"):
        rebuild(warehouse, {FEBRUARY: ["yellow_taxi"]})
    assert receipt.exists() and not warehouse.path.exists()
