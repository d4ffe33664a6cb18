"""Settings of luigi.cfg, and the default number of workers."""

import configparser
import os
import subprocess
import sys
from pathlib import Path

import luigi
import pytest

from pipeline.tasks.settings import address_of, conversion_settings, download, mobility, retry_policy, warehouse
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


def printed(code: str, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """What code prints after the import of the project, started in a folder with these environment variables."""
    command = [sys.executable, "-c", f"import pipeline, luigi.interface, pipeline.tasks.settings as s; {code}"]
    environment = os.environ | {"PYTHONPATH": str(HERE)} | variables
    return subprocess.run(command, cwd=cwd, env=environment, text=True, capture_output=True, check=False)


def test_the_projects_settings_are_read_in_any_folder(tmp_path: Path) -> None:
    code = "print(s.download().attempts, luigi.interface.core().no_lock, luigi.interface.core().logging_conf_file)"
    assert printed(code, tmp_path).stdout.split() == ["6", "True", str(HERE / "config/logging.ini")]


def test_the_last_of_the_files_of_settings_has_the_last_word(tmp_path: Path) -> None:
    texts = {
        "": "threads = 1\nmemory_gb = 1\nleast_free_gb = 1",
        "settings": "threads = 2\nmemory_gb = 2",
        "named": "threads = 3",
    }
    for name, text in texts.items():
        (tmp_path / name).mkdir(exist_ok=True)
        (tmp_path / name / "luigi.cfg").write_text(f"[mobility]\n{text}\n")
    files = [tmp_path / name / "luigi.cfg" for name in texts]
    variables = {"MOBILITY_CONFIG": str(files[1].parent), "LUIGI_CONFIG_PATH": str(files[2])}
    code = "m = s.mobility(); print(m.threads, m.memory_gb, m.least_free_gb, m.convert_memory_gb, *s.settings_files())"
    found = printed(code, tmp_path, **variables).stdout.split()
    assert found == ["3", "2.0", "1.0", "0.0", *map(str, [HERE / "luigi.cfg", *files])]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("threads = 2", "is not a valid luigi.cfg: File contains no section headers"),
        (None, "has none of luigi.cfg, config, dbt"),
    ],
)
def test_settings_that_cannot_be_read_are_one_line(tmp_path: Path, text: str | None, message: str) -> None:
    if text:
        (tmp_path / "luigi.cfg").write_text(text)
    (tmp_path / "elsewhere").mkdir()
    ended = printed("", tmp_path / "elsewhere", MOBILITY_CONFIG=str(tmp_path))
    assert ended.returncode == 2
    assert ended.stderr.startswith("error: ") and message in ended.stderr and ended.stderr.count("\n") == 1


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


@pytest.mark.parametrize(
    ("server", "address"),
    [("", ""), ("http://127.0.0.1:8080/", "http://127.0.0.1:8080/reports/2024-01.html")],
)
def test_a_page_has_an_address_where_the_server_of_the_pages_is_configured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: str, address: str
) -> None:
    monkeypatch.setenv("MOBILITY_DATA", str(tmp_path))
    luigi.configuration.get_config().set("mobility", "pages_url", server)
    assert address_of(tmp_path / "reports/2024-01.html") == address
    luigi.configuration.get_config().set("mobility", "pages_url", "")
