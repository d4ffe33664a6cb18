"""Runs of operators: more and fewer sources, late files, re-issues, rejected months, forget and verify."""

import json
import re
import resource
import shutil
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path

import duckdb
import pytest

from pipeline.sample.generate import generate
from pipeline.sample.server import Fault, serve
from tests.bench.pipeline_steps import copy_month
from tests.conftest import Workspace

JERSEY = ("--sources", "citibike_jc,weather")


def facts(workspace: Workspace) -> list[tuple[object, ...]]:
    return workspace.query("""
        select source::varchar, strftime(source_month, '%Y-%m'), count(*) from core.fct_trips group by all order by all
    """)


def test_an_added_source_rebuilds_the_month_and_an_omitted_one_removes_nothing(
    copy_finished: Callable[[], Workspace],
) -> None:
    workspace = copy_finished()
    before = facts(workspace)
    assert workspace.transform("2024-01", "--sources", "green_taxi").returncode == 0
    after = facts(workspace)
    (green,) = set(after) - set(before)
    assert green[:2] == ("green_taxi", "2024-01") and set(before) < set(after)
    again = workspace.transform("2024-01", "--sources", "citibike")
    assert again.stderr == "complete  nothing to do\n"
    assert facts(workspace) == after


@pytest.mark.long
def test_an_unpublished_file_leaves_its_month_pending_and_others_complete(
    workspace: Workspace, with_project_files: Callable[[Workspace], Workspace]
) -> None:
    with_project_files(workspace)
    later = workspace.upstream.root / "trip-data/green_tripdata_2024-02.parquet"
    moved = later.rename(later.with_suffix(".moved"))
    words = ("RangeMonthly", "--of", "RunMonth", "--start", "2024-02", "--stop", "2024-04", "--workers", "2")
    ended = workspace.luigi(*words, MOBILITY_SOURCES="green_taxi")
    assert ended.returncode == 20, ended.stderr
    assert {month for _, month, _ in facts(workspace)} == {"2024-03"}
    moved.rename(later)
    assert workspace.luigi(*words, MOBILITY_SOURCES="green_taxi").returncode == 0
    assert {month for _, month, _ in facts(workspace)} == {"2024-02", "2024-03"}


@pytest.mark.long
def test_a_range_completes_where_a_month_is_loaded_after_the_next_is_built(
    tmp_path: Path, with_project_files: Callable[[Workspace], Workspace]
) -> None:
    """The first month then outdates what is published of the second one, before metrics of both are computed."""
    sources = ["citibike", "weather", "taxi_zones", "taxi_zone_polygons"]
    anomalies = {"citibike": {"in_two_files": 30, "began_month_before": 20}}
    months = [date(2024, 1, 1), date(2024, 2, 1)]
    generate(
        tmp_path / "up", months, sources=sources, rows={"citibike": 800}, anomalous_months=months, anomalies=anomalies
    )
    slow = Fault("tripdata/202401*", method="GET", pause=6)
    with serve(tmp_path / "up", faults=[slow]) as upstream:
        workspace = with_project_files(Workspace(tmp_path / "data", upstream))
        words = ("RangeMonthly", "--of", "RunMonth", "--start", "2024-01", "--stop", "2024-03", "--workers", "2")
        ended = workspace.luigi(*words, MOBILITY_SOURCES="citibike")
        assert ended.returncode == 0, ended.stderr
        assert {path.stem for path in workspace.data.glob("complete/*.json")} == {"2024-01", "2024-02"}


@pytest.mark.long
def test_an_optional_source_that_comes_late_rebuilds_its_month(
    workspace: Workspace, with_project_files: Callable[[Workspace], Workspace]
) -> None:
    with_project_files(workspace)
    late = workspace.upstream.root / "trip-data/fhv_tripdata_2024-01.parquet"
    moved = late.rename(late.with_suffix(".moved"))
    sources = ("--sources", "citibike_jc,fhv_taxi")
    assert workspace.transform("2024-01", *sources).returncode == 0
    assert [source for source, *_ in facts(workspace)] == ["citibike_jc"]
    moved.rename(late)
    assert workspace.transform("2024-01", *sources).returncode == 0
    assert [source for source, *_ in facts(workspace)] == ["citibike_jc", "fhv_taxi"]


@pytest.mark.long
def test_a_reissued_file_replaces_exactly_its_rows(copy_finished: Callable[[], Workspace], tmp_path: Path) -> None:
    workspace = copy_finished()
    before = workspace.query("select trip_id from core.fct_trips where source_month <> '2024-02-01' order by 1")
    generate(
        tmp_path / "again", [date(2024, 2, 1)], sources=["yellow_taxi", "weather", "taxi_zones"], scale=0.05, seed=7
    )
    for path in workspace.data.glob("landing/yellow_taxi/2024-02.*"):
        path.unlink()
    with serve(tmp_path / "again") as upstream:
        ended = Workspace(workspace.data, upstream).run_month("2024-02", "--sources", "yellow_taxi")
    assert ended.returncode == 0, ended.stderr
    tasks = re.findall(r"^[\d:]{8} (\w.*) in .* s$", ended.stderr, flags=re.MULTILINE)
    assert tasks and [task for task in tasks if "2024-02" not in task] == []
    rows = json.loads((tmp_path / "again/manifest.json").read_text())["files"][0]["counts"]["rows"]
    assert workspace.query("select count(*) from raw_data.yellow_taxi where source_month = '2024-02-01'") == [(rows,)]
    assert workspace.query("select trip_id from core.fct_trips where source_month <> '2024-02-01' order by 1") == before
    assert workspace.command("verify").returncode == 0


@pytest.mark.long
def test_a_forgotten_month_is_deleted_everywhere_and_can_be_built_again(copy_finished: Callable[[], Workspace]) -> None:
    workspace = copy_finished()
    trips = workspace.query("select trip_id, weather_key, revenue from core.fct_trips order by 1")
    ended = workspace.command("forget", "2024-02")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert not [path for path in workspace.files() if "2024-02" in path]
    days = duckdb.execute(f"select count(*) from '{workspace.data}/published/dim_date/dim_date.parquet'").fetchall()
    assert days == workspace.query("select count(*) from core.dim_date") == [(31 + 31,)]
    assert {month for _, month, _ in facts(workspace)} == {"2024-01", "2024-03"}
    assert workspace.query("select count(*) from audit.month_ledger where source_month = '2024-02-01'") == [(0,)]
    # forget reports the neighbours whose published files count deleted rides; verify finds only these.
    outdated = [line.split(":")[0] for line in ended.stdout.splitlines()[1:]]
    found = [line for line in workspace.command("verify").stdout.splitlines() if "all receipts agree" not in line]
    assert found == [f"{neighbour}: the published files differ from the warehouse" for neighbour in outdated]
    assert workspace.run_month("2024-02").returncode == 0
    assert workspace.command("verify").returncode == 0
    assert workspace.query("select trip_id, weather_key, revenue from core.fct_trips order by 1") == trips


@pytest.mark.long
def test_a_month_that_cannot_be_built_stops_no_other(copy_finished: Callable[[], Workspace]) -> None:
    workspace = copy_finished()
    with duckdb.connect(workspace.data / "warehouse/nyc_mobility.duckdb") as con:
        con.execute("update raw_data.loads set rows_published = 1 + rows_published where source_month = '2024-02-01'")
    for path in workspace.data.glob("warehouse/transformed/*.json"):
        path.unlink()
    ended = workspace.transform("2024-01,2024-02,2024-03")
    assert ended.returncode == 30
    assert "every_published_row_is_accounted_for" in ended.stderr and "Traceback" not in ended.stderr
    built = {path.stem for path in workspace.data.glob("warehouse/transformed/*.json")}
    assert built == {"2024-01", "2024-03"}


@pytest.mark.long
def test_one_source_of_a_month_can_be_forgotten(copy_finished: Callable[[], Workspace]) -> None:
    workspace = copy_finished()
    assert workspace.command("forget", "2024-02", "--source", "fhv_taxi").returncode == 0
    assert not list(workspace.data.glob("published/*/month=2024-02"))
    left = {(source, month) for source, month, _ in facts(workspace)}
    assert ("fhv_taxi", "2024-02") not in left and len(left) == 8
    assert workspace.transform("2024-02", "--sources", "yellow_taxi,citibike").returncode == 0
    assert len(facts(workspace)) == 8


LOST = {
    "drop view raw_data.fhv_taxi": [
        "2024-01 fhv_taxi: raw_data.fhv_taxi does not show",
        "2024-02 fhv_taxi: raw_data.fhv_taxi does not show",
        "2024-03 fhv_taxi: raw_data.fhv_taxi does not show",
    ],
    "delete from core.fct_trips where source_month = '2024-03-01' and source = 'citibike'": [
        "2024-03: core.fct_trips has"
    ],
    "delete from core.fct_hourly_mobility where trip_type = 'fhv' and hour_timestamp >= '2024-02-10'": [
        "2024-02: core.fct_hourly_mobility has",
        "2024-03: core.fct_hourly_mobility has",
    ],
}


@pytest.mark.long
def test_verify_reports_rows_missing_in_the_warehouse_and_repairs_them(copy_finished: Callable[[], Workspace]) -> None:
    workspace = copy_finished()
    counts = "select (select count(*) from core.fct_trips), (select sum(trip_count) from core.fct_hourly_mobility)"
    before = workspace.query(counts)
    warehouse, original = workspace.data / "warehouse/nyc_mobility.duckdb", workspace.data / "original.duckdb"
    shutil.copyfile(warehouse, original)
    for damage, words in LOST.items():
        shutil.copyfile(original, warehouse)
        damage_all(workspace, [damage])
        ended = workspace.command("verify")
        assert ended.returncode == 1
        pairs = zip(ended.stdout.splitlines(), words, strict=True)
        assert all(line.startswith(text) for line, text in pairs), ended.stdout
        assert "verify --repair rebuilds what is needed" in ended.stderr
    shutil.copyfile(original, warehouse)
    damage_all(workspace, LOST)
    asked = len(workspace.upstream.requests)
    repaired = workspace.command("verify", "--repair")
    assert repaired.returncode == 0, repaired.stdout + repaired.stderr
    assert repaired.stdout.endswith("all receipts agree with the files and the warehouse\n")
    assert workspace.query(counts) == before
    assert [request for request in workspace.upstream.requests[asked:] if request.method == "GET"] == []


def damage_all(workspace: Workspace, damages: Iterable[str]) -> None:
    with duckdb.connect(workspace.data / "warehouse/nyc_mobility.duckdb") as con:
        for damage in damages:
            con.execute(damage)


@pytest.mark.long
def test_verify_reports_a_changed_landing_file_and_downloads_it_again(copy_finished: Callable[[], Workspace]) -> None:
    workspace = copy_finished()
    path = workspace.data / "landing/yellow_taxi/2024-01.parquet"
    original = path.read_bytes()
    path.write_bytes(original[:-1] + b"X")
    lost = workspace.data / "warehouse/loaded/fhv_taxi/2024-03.json"
    lost.unlink()
    ended = workspace.command("verify")
    assert ended.returncode == 1 and "2024-01.parquet differs from what was written" in ended.stdout
    assert "2024-03 fhv_taxi: raw_data.loads has" in ended.stdout and "without a receipt" in ended.stdout
    asked = len(workspace.requested_paths())
    repaired = workspace.command("verify", "--repair")
    assert repaired.returncode == 0, repaired.stdout + repaired.stderr
    assert path.read_bytes() == original and lost.exists()
    assert workspace.requested_paths()[asked:] == ["trip-data/yellow_tripdata_2024-01.parquet"]


@pytest.mark.long
def test_without_its_warehouse_everything_is_loaded_again_and_nothing_downloaded(
    copy_finished: Callable[[], Workspace],
) -> None:
    workspace = copy_finished()
    trips = workspace.query("select trip_id from core.fct_trips order by 1")
    shutil.rmtree(workspace.data / "warehouse")
    asked = len(workspace.upstream.requests)
    assert workspace.transform("2024-01,2024-02,2024-03").returncode == 0
    assert workspace.query("select trip_id from core.fct_trips order by 1") == trips
    assert [request for request in workspace.upstream.requests[asked:] if request.method == "GET"] == []


@pytest.mark.long
def test_a_rejected_month_is_reported_and_its_published_files_stay(copy_finished: Callable[[], Workspace]) -> None:
    workspace = copy_finished()
    page = (workspace.data / "reports/2024-02.html").read_text()
    weather = workspace.data / "landing/weather/2024-02.archive.json"
    answer = json.loads(weather.read_text())
    answer["hourly"]["temperature_2m"] = [99.0] * len(answer["hourly"]["time"])
    body = json.dumps(answer).encode()
    for path in workspace.data.glob("landing/weather/2024-02.*"):
        path.unlink()
    workspace.upstream.faults = [Fault("v1/archive", body=body, content_type="application/json")]
    ended = workspace.run_month("2024-02")
    workspace.upstream.faults = []
    assert ended.returncode == 30
    assert re.search(r"ERROR   2024-02 is rejected: .*; all findings are in .*2024-02.rejected.json", ended.stderr)
    assert "Traceback" not in ended.stderr
    assert (workspace.data / "reports/2024-02.html").read_text() == page
    assert "rejected" in workspace.command("status").stdout


@pytest.mark.long
def test_a_yearly_archive_is_downloaded_once_for_its_months(
    tmp_path: Path, with_project_files: Callable[[Workspace], Workspace]
) -> None:
    months = [date(2023, month, 1) for month in (1, 2, 3)]
    generate(tmp_path / "up", months, sources=["citibike", "weather", "taxi_zones"], scale=0.05)
    with serve(tmp_path / "up") as upstream:
        workspace = with_project_files(Workspace(tmp_path / "data", upstream))
        ended = workspace.transform("2023-01,2023-02,2023-03", "--workers", "4", MOBILITY_SOURCES="citibike")
        assert ended.returncode == 0, ended.stderr
        assert workspace.requested_paths().count("tripdata/2023-citibike-tripdata.zip") == 1
        assert len(facts(workspace)) == 3
        assert workspace.command("forget", "2023-01").returncode == 0
        assert (workspace.data / "landing/citibike/2023.zip").exists(), "two months still refer to it"
        assert workspace.luigi("Load", "--source", "citibike", "--month", "2023-01").returncode == 0
        assert workspace.requested_paths().count("tripdata/2023-citibike-tripdata.zip") == 1


@pytest.mark.long
def test_a_range_of_months_of_2015_is_built(
    tmp_path: Path, with_project_files: Callable[[Workspace], Workspace]
) -> None:
    """Luigi's own range would not run them, being older than 13 months."""
    generate(tmp_path / "up", [date(2015, 12, 1)], sources=["citibike_jc", "weather", "taxi_zones"], scale=0.05)
    with serve(tmp_path / "up") as upstream:
        workspace = with_project_files(Workspace(tmp_path / "data", upstream))
        words = ("RangeMonthly", "--of", "RunMonth", "--start", "2015-12", "--stop", "2016-01")
        ended = workspace.luigi(*words, MOBILITY_SOURCES="citibike_jc")
        assert ended.returncode == 0, ended.stderr
        assert len(facts(workspace)) == 1


def test_a_run_of_sixty_complete_months_takes_little_time(copy_finished: Callable[[], Workspace]) -> None:
    workspace = copy_finished()
    copy_month(workspace.data, date(2024, 1, 1), 60)  # back to 2019-02
    words = ("RangeMonthly", "--of", "RunMonth", "--start", "2019-02", "--stop", "2024-04")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    ended = workspace.luigi(*words)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert ended.stderr.startswith("complete  2019-02 to 2024-03, nothing to do\n") and ended.returncode == 0
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 1.5
