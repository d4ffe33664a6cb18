"""The engines that build the marts."""

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.database import ENGINES, Warehouse, check_engine
from pipeline.errors import BadInput
from pipeline.warehouse import engines

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
