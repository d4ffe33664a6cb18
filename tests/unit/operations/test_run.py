"""One run of Luigi in a process, with the command line of its verbs."""

import configparser
import os
import socket
from pathlib import Path

import pytest

from pipeline.errors import BadInput, Unreachable
from pipeline.operations import run
from pipeline.project import HERE


@pytest.fixture(autouse=True)
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The variables that a run sets are restored after the test."""
    monkeypatch.setenv("MOBILITY_DATA", str(tmp_path / "data"))
    for name in ("MOBILITY_SOURCES", "MOBILITY_LOG_FORMAT", "MOBILITY_SCHEDULER"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)


def test_the_exit_codes_are_those_of_luigi_cfg() -> None:
    config = configparser.RawConfigParser()
    config.read(HERE / "luigi.cfg")
    codes = {name: int(code) for name, code in config["retcode"].items()}
    assert codes.pop("scheduling_error") not in codes.values()
    assert codes == {
        "already_running": run.ALREADY_RUNNING,
        "missing_data": run.MISSING_DATA,
        "not_run": run.NOT_RUN,
        "task_failed": run.TASK_FAILED,
        "unhandled_exception": run.UNHANDLED,
    }


def test_an_unknown_engine_is_refused_before_anything_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOBILITY_ENGINE", "sparkk")
    with pytest.raises(BadInput, match=r"^engine 'sparkk': must be duckdb or spark"):
        run.run(["RunMonth", "--month", "2024-01"])
    assert not (tmp_path / "data").exists()


def test_an_option_without_its_value_is_refused() -> None:
    with pytest.raises(BadInput, match="--sources: needs a value"):
        run.run(["RunMonth", "--month", "2024-01", "--sources"])


@pytest.mark.parametrize("options", [["--log-format", "xml"], ["--log-format=xml"]])
def test_an_unknown_log_format_is_refused_before_anything_runs(options: list[str], tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="log format 'xml': must be one of text, json"):
        run.run(["RunMonth", "--month", "2024-01", *options])
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("task", ["WeatherSoFar", "Refresh"])
def test_a_wrong_address_of_uploads_is_refused_before_anything_runs(
    task: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOBILITY_PUBLISH_URL", "bad")
    with pytest.raises(BadInput, match="MOBILITY_PUBLISH_URL: not an address of object storage"):
        run.run([task])
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_sources_of_the_command_line_are_those_of_the_environment() -> None:
    with pytest.raises(BadInput, match="log format"):
        run.run(["RunMonth", "--sources=green_taxi", "--log-format", "xml", "--month", "2024-01"])
    assert os.environ["MOBILITY_SOURCES"] == "green_taxi"


def test_a_luigid_that_does_not_answer_is_reported_before_anything_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    monkeypatch.setenv("MOBILITY_SCHEDULER", "luigid")
    monkeypatch.setattr(run, "luigid_address", lambda: ("127.0.0.1", port))
    with pytest.raises(Unreachable, match=rf"luigid: .*127\.0\.0\.1:{port}"):
        run.run(["RunMonth", "--month", "2024-01"])
    assert not (tmp_path / "data").exists()
