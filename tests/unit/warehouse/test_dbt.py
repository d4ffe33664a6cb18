"""The project's links in a data folder; its macros for New York time and UTC, compared with Python's zoneinfo."""

import json
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import jinja2
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.project import DBT
from pipeline.sources import read_yaml, sources
from pipeline.warehouse.dbt import OWN, console_script, declared_sources, has_no_command, is_reader, link_project

NEW_YORK = ZoneInfo("America/New_York")
HOUR = timedelta(hours=1)
TIMES = st.datetimes(datetime(2009, 1, 1), datetime(2030, 12, 31))
CHANGES = [  # hours of UTC at which clocks changed: on Sundays, at 6 or 7
    at
    for at in (datetime(2009, 1, 4, hour) + timedelta(weeks=number) for number in range(22 * 52) for hour in (6, 7))
    if at.replace(tzinfo=UTC).astimezone(NEW_YORK).dst() != (at - HOUR).replace(tzinfo=UTC).astimezone(NEW_YORK).dst()
]
NEAR_CHANGES = st.builds(
    lambda change, minutes: change + timedelta(minutes=minutes), st.sampled_from(CHANGES), st.integers(-480, 180)
)


def macro(name: str) -> Callable[[str], str]:
    """A macro, rendered without dbt: both need only ``adapter.dispatch`` and ``return``."""
    text = "".join((DBT / "macros" / f"{one}.sql").read_text() for one in ("from_new_york", "to_new_york"))
    modules: list[Any] = []  # the rendered macros, which call each other by dispatch
    dispatch = SimpleNamespace(dispatch=lambda macro_name: getattr(modules[0], f"duckdb__{macro_name}"))
    modules.append(jinja2.Environment().from_string(text, {"return": str, "adapter": dispatch}).module)
    found: Callable[[str], str] = getattr(modules[0], name)
    return found


def run(name: str, time: datetime) -> datetime:
    rows: list[tuple[datetime]] = duckdb.execute("select " + macro(name)(f"timestamp '{time}'")).fetchall()
    return rows[0][0]


@given(TIMES | NEAR_CHANGES)
@example(datetime(2024, 3, 10, 2, 30))
@example(datetime(2024, 11, 3, 1, 30))
def test_local_time_is_converted_to_the_first_matching_utc_time(local: datetime) -> None:
    expected = local.replace(tzinfo=NEW_YORK, fold=0).astimezone(UTC).replace(tzinfo=None)
    assert run("from_new_york", local) == expected


@given(TIMES | NEAR_CHANGES)
def test_utc_is_converted_to_new_york_time(utc: datetime) -> None:
    assert run("to_new_york", utc) == utc.replace(tzinfo=UTC).astimezone(NEW_YORK).replace(tzinfo=None)


@pytest.mark.parametrize("existing", ["nothing", "links to another project", "a copy", "these links"])
def test_a_data_folder_links_the_models_of_this_project_whatever_it_had(tmp_path: Path, existing: str) -> None:
    folder, other = tmp_path / "dbt", tmp_path / "other"
    (folder / "target").mkdir(parents=True)
    (folder / "target/manifest.json").write_text("its own")
    (other / "models").mkdir(parents=True)
    (other / "models/gone.sql").write_text("select 1")
    if existing == "links to another project":
        (folder / "models").symlink_to(other / "models")
        (folder / "tests").symlink_to(tmp_path / "moved away")
    if existing == "a copy":
        (other / "models").rename(folder / "models")
    if existing == "these links":
        link_project(folder)
    link_project(folder)
    for path in DBT.iterdir():
        assert path.name in OWN or (folder / path.name).samefile(path)
    assert (folder / "target/manifest.json").read_text() == "its own"


def test_a_program_of_a_package_runs_without_its_script(tmp_path: Path) -> None:
    command = [*console_script("dbt", "dbt.cli.main"), "--help"]
    ended = subprocess.run(command, cwd=tmp_path, text=True, capture_output=True, check=True)
    assert "Usage: dbt " in ended.stdout


def test_ctrl_c_ends_a_program_of_a_package_without_a_stack_trace(tmp_path: Path) -> None:
    command = console_script("dbt", "dbt.cli.main")
    ended = subprocess.run(
        [*command[:-1], command[-1].replace("from dbt", "signal.raise_signal(signal.SIGINT); from dbt")],
        cwd=tmp_path,
        text=True,
        capture_output=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (-2, "")


def test_the_profile_has_no_settings_that_fail_after_a_spill() -> None:
    """DuckDB takes temp_directory when it opens the file; setting it again by ``settings`` fails after a spill."""
    profile = read_yaml(DBT / "profiles.yml")["nyc_mobility"]["outputs"]["duckdb"]
    assert set(profile["settings"]) == {"timezone"}
    assert {"threads", "memory_limit", "temp_directory"} <= set(profile["config_options"])


def test_the_environment_of_dbt_has_the_declared_sources() -> None:
    declared = {source.pop("name"): source for source in json.loads(declared_sources())}
    assert declared.keys() == sources().keys()
    assert declared["hvfhv_taxi"] == {
        "trip_type": "hvfhv",
        "staging_model": "stg_tlc__hvfhv_taxi",
        "is_static": False,
    }
    assert declared["citibike_jc"]["staging_model"] == "stg_citibike__trips"
    assert declared["taxi_zones"] == {"trip_type": "", "staging_model": "stg_tlc__taxi_zones", "is_static": True}


@pytest.mark.parametrize(
    ("arguments", "reads", "alone"),
    [
        (["--version"], True, True),
        ([], True, True),
        (["show", "--help"], True, False),
        (["run", "--select", "dim_date"], False, False),
    ],
)
def test_commands_of_dbt_are_readers_unless_they_change_the_warehouse(
    arguments: list[str], reads: bool, alone: bool
) -> None:
    assert (is_reader(arguments), has_no_command(arguments)) == (reads, alone)
