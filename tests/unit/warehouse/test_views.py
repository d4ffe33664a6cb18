"""Views are left alone while they are those of the project."""

from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from pipeline.database import Warehouse
from pipeline.warehouse import views


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    path = tmp_path / "some.duckdb"
    with duckdb.connect(path) as con:
        con.execute("create schema raw_data; create schema core; create view core.some as select 1")
    return Warehouse(path, tmp_path / "dbt", {})


def test_views_are_not_current_before_they_are_recorded(warehouse: Warehouse) -> None:
    assert not views.are_current(warehouse)
    views.record(warehouse)
    assert views.are_current(warehouse)


@pytest.mark.parametrize("change", ["drop view core.some", "update raw_data.views set project = 'an earlier one'"])
def test_views_are_not_current_after_one_was_dropped_or_the_project_changed(warehouse: Warehouse, change: str) -> None:
    views.record(warehouse)
    with warehouse.connect() as con:
        con.execute(change)
    assert not views.are_current(warehouse)


def test_views_of_a_run_that_did_not_end_are_not_current(warehouse: Warehouse) -> None:
    views.record(warehouse)
    views.forget(warehouse)
    assert not views.are_current(warehouse)


def test_views_of_one_engine_are_not_those_of_another(warehouse: Warehouse) -> None:
    views.record(warehouse)
    assert not views.are_current(replace(warehouse, engine="spark"))
