"""A month is rejected no longer than its files are wrong: every run asks for those that it was rejected for."""

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import duckdb
import pytest

from pipeline.sample.generate import generate
from pipeline.sample.server import Fault, Upstream, serve
from pipeline.sample.weather import archive_response
from pipeline.sources import sources
from tests.conftest import Workspace, create_once
from tests.faults.contents import verified
from tests.faults.killing import Command, luigi, run, verb
from tests.faults.scenarios import AGREES

MONTH = date(2024, 1, 1)
TRIPS = "trip-data/green_tripdata_2024-01.parquet"
RUN = luigi("RunMonth", "--month", "2024-01")
COMMANDS = {
    "month": RUN,
    "refresh": verb("refresh", "--months", "1"),
    "verify --repair": verb("verify", "--repair"),
}


def with_a_gap() -> bytes:
    """The answer of the weather archive for the month, without the values of one hour."""
    [url] = sources()["weather"].urls_of(MONTH)
    hourly = (answer := archive_response(dict(parse_qsl(urlsplit(url).query)), date.today()))["hourly"]
    gap = hourly["time"].index("2024-01-15T00:00")
    for name in hourly.keys() - {"time"}:
        hourly[name][gap] = None
    return json.dumps(answer).encode()


def exchanged(upstream: Path, part: Path) -> bytes:
    """The month's trips with beginnings and ends exchanged."""
    columns = "lpep_dropoff_datetime as lpep_pickup_datetime, lpep_pickup_datetime as lpep_dropoff_datetime"
    duckdb.execute(f"copy (select * replace ({columns}) from '{upstream / TRIPS}') to '{part}' (format parquet)")
    return part.read_bytes()


@pytest.fixture(scope="session")
def rejected(
    tmp_path_factory: pytest.TempPathFactory, with_project_files: Callable[[Workspace], Workspace]
) -> Iterator[tuple[Path, Upstream]]:
    """A data folder in which a month is rejected for its weather and its trips, and the upstream that mends both."""

    def make(folder: Path) -> None:
        upstream = folder / "upstream"
        sources = ["green_taxi", "weather", "taxi_zones", "taxi_zone_polygons"]
        generate(upstream, [MONTH], sources=sources, rows={"green_taxi": 600})
        faults = [
            Fault("v1/archive", body=with_a_gap(), content_type="application/json"),
            Fault(TRIPS, body=exchanged(upstream, folder / "exchanged.parquet"), content_type="binary/octet-stream"),
        ]
        with serve(upstream, faults=faults) as server:
            workspace = with_project_files(of_green_taxis(folder / "data", server))
            (folder / "message").write_text(run(workspace, RUN, code=30))

    folder = create_once(tmp_path_factory, "rejected", make)
    with serve(folder / "upstream") as server:
        yield folder, server


@pytest.fixture
def workspace(rejected: tuple[Path, Upstream], tmp_path: Path) -> Iterator[Workspace]:
    folder, server = rejected
    shutil.copytree(folder / "data", tmp_path / "data", symlinks=True)
    server.requests.clear()
    yield of_green_taxis(tmp_path / "data", server)
    server.faults.clear()


def of_green_taxis(data: Path, server: Upstream) -> Workspace:
    return Workspace(data, server, {"MOBILITY_SOURCES": "green_taxi"})


@pytest.mark.long
def test_a_rejection_says_how_files_are_asked_for_again(rejected: tuple[Path, Upstream]) -> None:
    message = (rejected[0] / "message").read_text()
    assert "the next run asks for replaced files" in message
    assert "./run.sh forget 2024-01 --source NAME has one downloaded again" in message


@pytest.mark.parametrize(
    "command",
    [pytest.param(command, marks=[] if name == "month" else pytest.mark.long) for name, command in COMMANDS.items()],
    ids=COMMANDS,
)
def test_a_month_is_published_once_its_files_are_mended(workspace: Workspace, command: Command) -> None:
    message = run(workspace, command)
    assert message.count("scheduled again") <= 1, "once the files are replaced"
    assert sorted(path for path in workspace.requested_paths() if "zone" not in path) == [TRIPS, "v1/archive"]
    assert (workspace.data / "published/fct_trips/month=2024-01").exists()
    assert verified(workspace).startswith(AGREES)


@pytest.mark.long
def test_a_file_that_was_not_replaced_is_not_downloaded_again(
    workspace: Workspace, rejected: tuple[Path, Upstream]
) -> None:
    damaged = (rejected[0] / "exchanged.parquet").read_bytes()
    workspace.upstream.faults.append(Fault(TRIPS, body=damaged, content_type="binary/octet-stream"))
    run(workspace, RUN, code=30)
    assert [path for path in workspace.requested_paths() if "zone" not in path] == ["v1/archive"]
    assert TRIPS in workspace.requested_paths("HEAD")


def test_a_publisher_that_cannot_be_reached_does_not_hide_the_rejection(workspace: Workspace) -> None:
    workspace.upstream.faults.append(Fault(status=404))
    message = run(workspace, RUN, code=30)
    assert "2024-01 is rejected" in message
    assert "Traceback" not in message


@pytest.mark.long
def test_the_weather_of_a_rejected_month_can_be_forgotten(workspace: Workspace) -> None:
    run(workspace, verb("forget", "2024-01", "--source", "weather"))
    assert not list(workspace.data.glob("landing/weather/*"))
    assert workspace.query("select count(*) from raw_data.weather") == [(0,)]
    run(workspace, RUN)
    assert verified(workspace).startswith(AGREES)
