"""The engines that build the marts."""

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.database import ENGINES, Warehouse, check_engine
from pipeline.errors import BadInput
from pipeline.warehouse import engines, views

WAREHOUSE = Warehouse(Path("some.duckdb"), Path("dbt"), {})


@pytest.mark.parametrize("name", ENGINES)
def test_each_engine_runs_dbt_by_its_own_function(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    called = []
    monkeypatch.setitem(engines.RUNS, name, lambda *arguments: called.append(arguments))
    warehouse = replace(WAREHOUSE, engine=name)
    engines.run_models(warehouse, [["build"]], [])
    assert called == [(warehouse, [["build"]], [])]


def test_an_unknown_engine_is_refused_with_the_names_of_those_that_are_known() -> None:
    with pytest.raises(BadInput, match="engine 'sparc': must be duckdb or spark"):
        check_engine("sparc")


def test_dbt_builds_on_the_warehouse_file_or_on_the_lake_beside_it() -> None:
    assert engines.builder_of(WAREHOUSE) is WAREHOUSE
    lake = engines.builder_of(replace(WAREHOUSE, engine="spark", spark_master="local[1]"))
    assert lake.dbt_variables()["MOBILITY_ENGINE"] == "spark"
    assert lake.dbt_variables()["MOBILITY_SPARK_MASTER"] == "local[1]"


def test_a_lake_that_was_deleted_has_no_views(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path / "some.duckdb", tmp_path / "dbt", {}, engine="spark")
    with warehouse.connect() as con:
        con.execute("create schema raw_data; create schema core; create view core.some as select 1")
    views.record(warehouse)
    assert not engines.has_views(warehouse)
    (tmp_path / "spark/metastore").mkdir(parents=True)
    assert engines.has_views(warehouse)
