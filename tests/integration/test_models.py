"""What dbt computes, by its own unit tests beside the models: they need a warehouse for the types of columns."""

import json
import re
import shutil
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import yaml

from pipeline.database import Warehouse, settings_for
from pipeline.warehouse.dbt import run_dbt
from tests.conftest import HERE, Workspace


def test_every_dbt_unit_test_passes(copy_finished: Callable[[], Workspace]) -> None:
    workspace = copy_finished()
    files = [yaml.safe_load(path.read_text()) for path in (HERE / "dbt/models").rglob("*.yml")]
    declared = sum(len(file.get("unit_tests", [])) for file in files)
    ended = workspace.command("dbt", "test", "--select", "test_type:unit")
    assert ended.returncode == 0, ended.stdout
    assert "Unable to do partial parsing" not in ended.stdout, "what dbt has parsed is good for a copy of the folder"
    results = json.loads((workspace.data / "dbt/target/run_results.json").read_text())["results"]
    assert len(results) == declared > 10
    assert {result["status"] for result in results} == {"pass"}


def test_a_month_replaces_its_hours_of_weather_and_those_of_two_days_before_and_after_it(
    copy_finished: Callable[[], Workspace],
) -> None:
    data = copy_finished().data
    settings = settings_for(threads=2, memory_gb=1, spill=data / "spill", share=1)
    warehouse = Warehouse(data / "warehouse/nyc_mobility.duckdb", data / "dbt", settings)
    with warehouse.connect() as con:
        con.execute("delete from core.dim_weather")
    ended = run_dbt(warehouse, [["run", "--select", "dim_weather"]], [date(2024, 2, 1)])
    assert ended.returncode == 0, ended.output
    with warehouse.connect(read_only=True) as con:
        found = con.execute("select min(utc_hour), max(utc_hour), count(*) from core.dim_weather").fetchall()
    assert found == [(datetime(2024, 1, 30), datetime(2024, 3, 2, 23), 33 * 24)]


def test_other_bands_hold_for_the_hours_of_all_months_once_one_is_built(
    copy_finished: Callable[[], Workspace], tmp_path: Path
) -> None:
    workspace = copy_finished()
    shutil.copytree(HERE / "dbt", tmp_path / "settings/dbt")
    project = tmp_path / "settings/dbt/dbt_project.yml"
    project.write_text(re.sub(r"(- name: cold\n +below:) 0\n", r"\1 5\n", project.read_text()))
    workspace.environment["MOBILITY_CONFIG"] = str(project.parents[1])
    (workspace.data / "warehouse/transformed/2024-03.json").unlink()
    colder = "select count(*) from core.dim_weather where temperature_c between 0 and 4 and temp_category <> 'cold'"
    count = "select count(*), count(distinct weather_key), count(temperature_c) from core.dim_weather"
    before = workspace.query(count)
    assert workspace.query(colder) != [(0,)]
    assert workspace.transform("2024-03").returncode == 0
    assert workspace.query(colder) == [(0,)]
    assert workspace.query(count) == before


def test_every_key_is_unique(finished: Workspace) -> None:
    """Also the keys whose tests do not run with every month, because they follow from others."""
    ended = finished.command("dbt", "test", "--select", "tag:on_request")
    assert ended.returncode == 0, ended.stdout
    assert "PASS=0" not in ended.stdout
