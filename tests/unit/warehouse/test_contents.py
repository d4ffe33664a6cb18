"""Rows and digests of tables, and tables beside the files of the same rows."""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest

from pipeline.database import Warehouse
from pipeline.project import DBT
from pipeline.results import Content
from pipeline.warehouse import contents

JANUARY, FEBRUARY, MARCH = date(2024, 1, 1), date(2024, 2, 1), date(2024, 3, 1)


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    """Three facts of two months, a dimension and a view."""
    with duckdb.connect(tmp_path / "some.duckdb") as con:
        for schema in ("raw_data", "staging", "core", "audit"):
            con.execute(f"create schema {schema}")
        con.execute("create type core.mode as enum ('citibike', 'fhv')")
        con.execute(
            "create table core.fct_trips (source_month date, mode core.mode, fare decimal(18, 2), speed double)"
        )
        con.execute("""
            insert into core.fct_trips values
                ('2024-01-01', 'fhv', 1.5, 0.1), ('2024-01-01', 'citibike', null, 1 / 3), ('2024-02-01', 'fhv', 2, null)
        """)
        con.execute("create table core.dim_time as from range(24)")
        con.execute("create view core.trips as from core.fct_trips")
    return Warehouse(tmp_path / "some.duckdb", tmp_path / "dbt", {})


def execute(warehouse: Warehouse, sql: str) -> None:
    with warehouse.connect() as con:
        con.execute(sql)


def of_january(warehouse: Warehouse) -> Content:
    return contents.contents_of_months(warehouse, [JANUARY])[JANUARY]["core.fct_trips"]


def test_a_month_without_rows_has_none_in_every_table(warehouse: Warehouse) -> None:
    found = contents.contents_of_months(warehouse, [JANUARY, MARCH], with_digests=False)
    assert found == {
        JANUARY: {"core.fct_trips": Content(2)},
        MARCH: {"core.fct_trips": Content(0)},
    }


def test_tables_without_months_are_dimensions_and_views_have_no_rows(warehouse: Warehouse) -> None:
    found = contents.contents_of_dimensions(warehouse, with_digests=False)
    assert found == {"core.dim_time": Content(24), "core.trips": Content(None)}


def test_a_digest_does_not_depend_on_the_order_of_rows_and_changes_with_a_value(warehouse: Warehouse) -> None:
    before = of_january(warehouse)
    execute(warehouse, "create table ordered as from core.fct_trips order by all desc")
    execute(warehouse, "delete from core.fct_trips")
    execute(warehouse, "insert into core.fct_trips from ordered")
    assert of_january(warehouse) == before
    execute(warehouse, "update core.fct_trips set speed = 0.2 where speed = 0.1")
    assert of_january(warehouse).rows == before.rows
    assert of_january(warehouse).digest != before.digest


def test_digests_of_two_versions_are_not_comparable(warehouse: Warehouse) -> None:
    digest = of_january(warehouse).digest
    assert digest.startswith(f"{duckdb.__version__} ")
    assert contents.are_comparable(digest, f"{duckdb.__version__} 0")
    assert not contents.are_comparable(digest, "1.9.9 0")


@pytest.mark.parametrize("month", [JANUARY, None])
def test_a_table_is_compared_with_its_published_file(warehouse: Warehouse, tmp_path: Path, month: date | None) -> None:
    parquet = tmp_path / "month=2024-01/fct_trips.parquet"
    parquet.parent.mkdir()
    rows = f"(from core.fct_trips where source_month = '{JANUARY}')" if month else "core.fct_trips"
    execute(warehouse, f"copy {rows} to '{parquet}' (format parquet)")
    assert contents.is_published_as_in(warehouse, "core.fct_trips", month, parquet)
    execute(warehouse, "update core.fct_trips set mode = 'citibike' where fare = 1.5")
    assert not contents.is_published_as_in(warehouse, "core.fct_trips", month, parquet)


def test_the_tables_that_reach_neighbours_are_those_of_the_models_that_say_so() -> None:
    assert {name.split(".")[1] for name in contents.REACHING_NEIGHBOURS} == set(reaching_models())


def reaching_models() -> Iterator[str]:
    for path in (DBT / "models").rglob("*.sql"):
        if re.search(r"materialized='monthly', meta=\{'reach'", path.read_text()):
            yield path.stem
