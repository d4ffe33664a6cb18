"""Settings of luigi.cfg, and the default number of workers."""

import configparser
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.tasks.settings import conversion_settings, download, mobility, retry_policy, warehouse
from tests.conftest import HERE

PRINT_WORKERS = "import pipeline, luigi.interface; print(luigi.interface.core().workers)"


@pytest.mark.parametrize(
    ("config", "expected"), [("", min(max(len(os.sched_getaffinity(0)), 2), 8)), ("workers = 5", 5)]
)
def test_luigi_runs_a_task_a_core_unless_luigi_cfg_has_a_number(tmp_path: Path, config: str, expected: int) -> None:
    path = tmp_path / "luigi.cfg"
    path.write_text(f"[core]\n{config}\n")
    environment = os.environ | {"LUIGI_CONFIG_PATH": str(path)}
    ended = subprocess.run(
        [sys.executable, "-c", PRINT_WORKERS], cwd=HERE, env=environment, text=True, capture_output=True, check=True
    )
    assert ended.stdout.strip() == str(expected)


def test_every_value_comes_from_luigi_cfg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOBILITY_DATA", str(tmp_path))
    written = configparser.RawConfigParser()
    written.read(HERE / "luigi.cfg")
    for section in (mobility, download):
        assert sorted(section().to_str_params()) == sorted(written[section.__name__])
    assert retry_policy().attempts == written.getint("download", "attempts")
    assert retry_policy().read_timeout_s == written.getfloat("download", "read_timeout_s")


def test_the_warehouse_and_what_it_spills_are_in_the_data_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOBILITY_DATA", str(tmp_path))
    assert warehouse().path == tmp_path / "warehouse/nyc_mobility.duckdb"
    assert warehouse().dbt_folder == tmp_path / "dbt"
    assert warehouse().settings["temp_directory"] == str(tmp_path / "warehouse/spill")


def test_two_conversions_at_once_spill_into_folders_of_their_own(tmp_path: Path) -> None:
    spills = {conversion_settings(tmp_path / f"{n}.parquet")["temp_directory"] for n in (1, 2)}
    assert spills == {str(tmp_path / "1.spill"), str(tmp_path / "2.spill")}
