"""Invalid input is an error of one line with an exit code other than 0, and nothing is written."""

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from pipeline.sample.server import Fault
from pipeline.sources import sources
from tests.conftest import HERE, Workspace

NEXT_YEAR = f"{date.today() + timedelta(days=366):%Y-%m}"


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (
            ("RunMonth", "--month", "2025-13"),
            "error: month '2025-13': not a month; write it as YYYY-MM, for example 2024-01",
        ),
        (("RunMonth", "--month", "May 2025"), "error: month 'May 2025': not a month; write it as YYYY-MM"),
        (
            ("RunMonth", "--month", NEXT_YEAR),
            f"error: month {NEXT_YEAR}: is in the future; this month is {date.today():%Y-%m}",
        ),
        (
            ("RunMonth", "--month", "2024-01", "--sources", "yelow_taxi"),
            "error: source 'yelow_taxi': not known; config/sources/ has citibike, citibike_jc, fhv_taxi",
        ),
        (
            ("RangeMonthly", "--of", "RunMonth", "--start", "2024-03", "--stop", "2024-01"),
            "error: range 2024-03 to 2024-01: ends before it starts; stop is exclusive",
        ),
        (
            ("RangeMonthly", "--of", "RunMonth", "--start", "2024-1", "--stop", "2024-03"),
            "error: month '2024-1': not a month",
        ),
    ],
)
def test_an_invalid_command_line_is_refused_in_one_line(
    workspace: Workspace, words: tuple[str, ...], line: str
) -> None:
    ended = workspace.luigi(*words)
    assert ended.returncode == 2
    assert ended.stderr.startswith(line) and len(ended.stderr.splitlines()) == 1
    assert workspace.files() == set()


def test_an_unknown_source_in_the_environment_is_refused_in_one_line(workspace: Workspace) -> None:
    ended = workspace.run_month("2024-01", MOBILITY_SOURCES="yellow_taxi,bicycles")
    assert ended.returncode == 2
    assert ended.stderr.startswith("error: source 'bicycles': not known") and len(ended.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "words",
    [
        ("forget", "2025-13"),
        ("forget", "2024-01", "--source", "x"),
        ("forget", "2024-01"),
        ("forget", "2024-01", "--source", "weather"),
    ],
)
def test_a_verb_refuses_invalid_arguments_in_one_line(workspace: Workspace, words: tuple[str, ...]) -> None:
    ended = workspace.command(*words)
    assert ended.returncode == 2
    assert ended.stderr.startswith("error: ") and len(ended.stderr.splitlines()) == 1
    assert workspace.files() == set()


def test_a_month_before_the_first_is_an_error_with_the_first_month(
    workspace: Workspace, with_project_files: Callable[[Workspace], Workspace]
) -> None:
    ended = with_project_files(workspace).run_month("2010-05", "--sources", "yellow_taxi")
    assert ended.returncode != 0
    assert "2010-05 yellow_taxi: begins with 2011-01" in ended.stderr and "Traceback" not in ended.stderr
    assert not [path for path in workspace.files() if "yellow" in path or path.startswith("complete")]


HTML = b"\n\n<!DOCTYPE html><html><head><title>Too busy</title></head></html>"
XML = b'<?xml version="1.0"?><Error><Code>SlowDown</Code></Error>'
PATHS = {
    "green_taxi": "trip-data/green_tripdata_2024-01.parquet",
    "citibike_jc": "tripdata/JC-202401-citibike-tripdata.csv.zip",
    "taxi_zones": "misc/taxi_zone_lookup.csv",
    "taxi_zone_polygons": "misc/taxi_zones.zip",
    "weather": "v1/archive",
}


@pytest.mark.parametrize(
    ("source", "body", "line"),
    [
        (
            "green_taxi",
            HTML,
            "2024-01.parquet from http://127.0.0.1:{port}/trip-data/green_tripdata_2024-01.parquet: expected a",
        ),
        ("green_taxi", XML, 'expected a parquet file, found an XML error ("SlowDown")'),
        (
            "green_taxi",
            b"PAR1" + bytes(90_000),
            "expected a complete Parquet file, found one that is truncated (its end is missing)",
        ),
        ("citibike_jc", HTML, 'expected a zip file, found an HTML page ("Too busy")'),
        (
            "citibike_jc",
            b"PK\x03\x04" + bytes(90_000),
            "expected a complete zip file, found one that is truncated (its end is missing)",
        ),
        ("taxi_zones", HTML, 'expected a csv file, found an HTML page ("Too busy")'),
        (
            "taxi_zones",
            b"a,b\n1,2\n",
            "static taxi_zones: static.csv lacks LocationID, Borough, Zone, service_zone",
        ),
        ("taxi_zone_polygons", HTML, 'expected a zip file, found an HTML page ("Too busy")'),
        (
            "taxi_zone_polygons",
            b"PK\x05\x06" + bytes(18),
            "static taxi_zone_polygons: static.zip contains no .shp, .shx, .dbf, .prj, only nothing",
        ),
        (
            "weather",
            b'{"error": true, "reason": "Too many requests"}',
            "the archive reports an error (Too many requests)",
        ),
    ],
)
def test_an_invalid_file_fails_its_task_in_one_line(workspace: Workspace, source: str, body: bytes, line: str) -> None:
    workspace.upstream.faults = [Fault(PATHS[source], body=body)]
    month = "2011-01" if sources()[source].static else "2024-01"
    ended = workspace.luigi("Convert", "--source", source, "--month", month)
    assert ended.returncode == 30
    errors = [text for text in ended.stderr.splitlines() if " ERROR " in text]
    assert len(errors) == 1 and line.format(port=workspace.upstream.server_port) in errors[0]
    assert "Traceback" not in ended.stderr
    assert not [left for left in workspace.files() if "parquet/" in left or left.endswith(".part")]


@pytest.mark.parametrize("source", ["taxi_zones", "taxi_zone_polygons"])
@pytest.mark.parametrize("status", [403, 404])
def test_a_missing_static_file_is_an_error_that_names_the_setting_to_disable_it(
    workspace: Workspace, with_project_files: Callable[[Workspace], Workspace], source: str, status: int
) -> None:
    (workspace.upstream.root / PATHS[source]).unlink()
    if status == 404:
        workspace.upstream.faults = [Fault(PATHS[source], status=404)]
    ended = with_project_files(workspace).run_month("2024-01", "--sources", "green_taxi")
    assert ended.returncode == 35
    (line,) = [text for text in ended.stderr.splitlines() if "does not exist" in text]
    assert f"{source}: {workspace.upstream.url}/{PATHS[source]} does not exist, and every month needs it" in line
    assert f"enabled: false in config/sources/{source}.yaml" in line
    assert "Traceback" not in ended.stderr and "not published yet" not in ended.stderr
    assert not [path for path in workspace.files() if path.startswith(("complete", f"landing/{source}/"))]


def zip_of(**members: str) -> bytes:
    import io

    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("body", "line"),
    [
        (zip_of(**{"readme.txt": "x"}), "contains no CSV file of the month, only readme.txt"),
        (
            zip_of(**{"../../rides.csv": "x"}),
            "contains '../../rides.csv', a path outside of its folder; the archive is not unpacked",
        ),
        (
            zip_of(**{"rides.csv": "ride_id,ended_at\n1,2\n"}),
            "2024-01 citibike_jc: rides.csv lacks rideable_type, started_at",
        ),
        (
            zip_of(**{"rides.csv": "\0" * 3_100_000}),
            "2024-01.csv.zip: rides.csv has a line of more than 2,000,000 bytes; the next run downloads it again",
        ),
        (
            zip_of(**{"rides.csv": "1\n" * 60_000_000}),
            "the published file; expected 5 to 10 times; the next run downloads it again",
        ),
    ],
)
def test_an_archive_that_cannot_be_used_fails_its_task_in_one_line(
    workspace: Workspace, body: bytes, line: str
) -> None:
    workspace.upstream.faults = [Fault(PATHS["citibike_jc"], body=body)]
    ended = workspace.luigi("Convert", "--source", "citibike_jc", "--month", "2024-01")
    assert ended.returncode == 30
    assert line in ended.stderr and "Traceback" not in ended.stderr
    assert [path for path in workspace.files() if path.startswith("parquet")] == []


def test_a_data_folder_that_cannot_be_written_is_an_error_with_its_path(workspace: Workspace) -> None:
    workspace.data.write_text("a file")
    ended = workspace.run_month("2024-01", "--sources", "green_taxi")
    assert ended.returncode == 2
    assert (
        ended.stderr.startswith(f"error: MOBILITY_DATA {workspace.data}: not a folder that can be read")
        and len(ended.stderr.splitlines()) == 1
    )


@pytest.mark.mount
def test_a_full_disk_is_an_error_and_leaves_no_partial_file(workspace: Workspace) -> None:
    workspace.data.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", workspace.data], check=False)
    assert mounted.returncode == 0, "only root can mount a small disk; -m 'not mount' runs the other tests"
    config = workspace.upstream.root / "luigi.cfg"  # by default a run that has so little space does not begin
    config.write_text("[mobility]\nleast_free_gb = 0\n")
    try:
        words = ("Convert", "--source", "yellow_taxi", "--month", "2024-01")
        assert workspace.luigi(*words).returncode == 2
        ended = workspace.luigi(*words, LUIGI_CONFIG_PATH=str(config))
        assert ended.returncode == 30
        assert re.search(r'Could not write file ".*": No space left on device; free some space', ended.stderr)
        assert "Traceback" not in ended.stderr
        assert not [path for path in workspace.files() if path.endswith(".part") or path.startswith("parquet")]
    finally:
        subprocess.run(["umount", workspace.data], check=True)


def test_a_locked_warehouse_is_an_error_with_the_pid_of_the_other_process(workspace: Workspace) -> None:
    bikes = ("Load", "--source", "citibike_jc", "--month", "2024-01")
    assert workspace.luigi("Load", "--source", "green_taxi", "--month", "2024-01").returncode == 0
    hold = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"
    database = str(workspace.data / "warehouse/nyc_mobility.duckdb")
    with subprocess.Popen(
        [sys.executable, "-c", hold, database], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout and holder.stdin and holder.stdout.readline() == "held\n"
        ended = workspace.luigi(*bikes)
        holder.stdin.close()
    assert ended.returncode == 30
    assert f"held by process {holder.pid} (" in ended.stderr and "wait for it or stop it" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert workspace.luigi(*bikes).returncode == 0


def test_a_second_run_at_the_same_time_exits_with_10_and_names_the_first(
    workspace: Workspace, with_project_files: Callable[[Workspace], Workspace]
) -> None:
    with_project_files(workspace)
    workspace.upstream.faults = [Fault(PATHS["green_taxi"], first=2, bytes_per_second=20_000)]
    environment = os.environ | {
        "MOBILITY_DATA": str(workspace.data),
        "TLC_URL": workspace.upstream.url,
        "CITIBIKE_URL": f"{workspace.upstream.url}/tripdata",
        "OPEN_METEO_URL": workspace.upstream.url,
    }
    words = ["--module", "pipeline", "RunMonth", "--month", "2024-01", "--sources", "green_taxi", "--local-scheduler"]
    luigi = shutil.which("luigi", path=str(Path(sys.executable).parent))
    first = subprocess.Popen([str(luigi), *words], cwd=HERE, env=environment, stderr=subprocess.DEVNULL)
    holder = workspace.data / ".running.json"
    while not holder.exists():
        assert first.poll() is None
    second = workspace.run_month("2024-03", "--sources", "citibike_jc")
    assert second.returncode == 10
    assert second.stderr.startswith(f"error: already running: process {first.pid} (") and "2024-01" in second.stderr
    assert json.loads(holder.read_text())["pid"] == first.pid
    assert first.wait(120) == 0
    with duckdb.connect(workspace.data / "warehouse/nyc_mobility.duckdb", read_only=True) as con:
        assert con.execute("select distinct source::varchar from core.fct_trips").fetchall() == [("green_taxi",)]
