"""The commands of the timers: catchup, refresh, weather and health."""

import json
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from pipeline.months import add_months
from pipeline.sample.generate import generate
from pipeline.sample.server import Fault, serve
from pipeline.sources import sources
from tests.conftest import HERE, Workspace
from tests.webhook import listening

THIS_MONTH = date.today().replace(day=1)
FHV = "landing/fhv_taxi/2024-02"


def names(*distances: int) -> list[str]:
    return [f"{add_months(THIS_MONTH, distance):%Y-%m}" for distance in distances]


def test_catchup_requests_only_what_may_be_published_and_reports_late_sources(workspace: Workspace) -> None:
    four_ago, *_, this = names(-4, -3, -2, -1, 0)
    words = ("python", "-m", "pipeline", "catchup", "--start", four_ago, "--sources", "yellow_taxi,citibike")
    with listening() as hook:
        ended = workspace.run(*words, MOBILITY_ALERT_URLS=hook.address)
    assert hook.titles == ["citibike is late", "yellow_taxi is late"]
    late = rf"^yellow_taxi {four_ago}.*: (up to )?\d+ days late$"
    assert re.search(late, workspace.command("status").stdout, flags=re.MULTILINE)
    assert ended.returncode == 20, ended.stderr
    requested = {path for path in workspace.requested_paths("HEAD") if "tripdata" in path}
    assert not [path for path in requested if this in path or this.replace("-", "") in path], (
        "it cannot be published yet"
    )
    assert any(f"yellow_tripdata_{four_ago}" in path for path in requested)
    latest = sources()["yellow_taxi"].expected(add_months(THIS_MONTH, -4))[1]
    assert f"{four_ago} yellow_taxi: late, usually published by {latest}" in ended.stdout
    assert f"{this} yellow_taxi: not requested, expected from" in ended.stdout
    assert {"source": "yellow_taxi", "month": four_ago} in json.loads(
        (workspace.data / "runs/last_catchup.json").read_text()
    )["missing"]


def test_catchup_loads_the_published_sources_of_a_month_that_lacks_another(tmp_path: Path) -> None:
    """Citi Bike publishes within days, TLC later."""
    early = add_months(THIS_MONTH, -2 if date.today().day < 10 else -1)
    assert sources()["yellow_taxi"].expected(early)[0] > date.today()
    generate(tmp_path / "up", [early], sources=["citibike", "weather", "taxi_zones"], scale=0.02)
    with serve(tmp_path / "up") as upstream:
        workspace = Workspace(tmp_path / "data", upstream)
        ended = workspace.command("catchup", "--start", f"{early:%Y-%m}", "--sources", "yellow_taxi,citibike")
    assert ended.returncode == 0, "nothing that may be published is missing: " + ended.stderr
    assert workspace.query("select distinct source_month from raw_data.citibike") == [(early,)]
    assert not (workspace.data / "published").exists(), "a month without its taxis is not published"


def test_refresh_downloads_and_builds_nothing_where_nothing_was_reissued(
    copy_finished: Callable[[], Workspace],
) -> None:
    workspace = copy_finished()
    before = len(workspace.upstream.requests)
    ended = workspace.command("refresh", "--months", "100")
    assert ended.returncode == 0, ended.stderr
    requests = workspace.upstream.requests[before:]
    assert {request.method for request in requests} == {"HEAD"}
    unchanged = [request.path for request in requests if request.status == 304]
    assert len(unchanged) == 3 * 3 + 2, "every trip file and both of the zones; weather that old is not revised"
    assert finished_tasks(ended.stderr) == []


@pytest.mark.long
def test_a_reissued_file_replaces_only_its_month_and_its_provenance_is_stored(
    copy_finished: Callable[[], Workspace], tmp_path: Path
) -> None:
    workspace = copy_finished()
    earlier = json.loads((workspace.data / f"{FHV}.json").read_text())
    others = "select trip_id from core.fct_trips where source_month <> '2024-02-01' order by 1"
    before = workspace.query(others)
    generate(tmp_path / "again", [date(2024, 2, 1)], sources=["fhv_taxi"], scale=0.1, seed=7)
    reissued = (tmp_path / "again/trip-data/fhv_tripdata_2024-02.parquet").read_bytes()
    root = tmp_path / "root"
    root.mkdir()
    for path in workspace.upstream.root.iterdir():
        (root / path.name).symlink_to(path)
    (root / "trip-data").unlink()
    (root / "trip-data").mkdir()
    for path in (workspace.upstream.root / "trip-data").iterdir():
        (root / "trip-data" / path.name).write_bytes(path.read_bytes())
    (root / "trip-data/fhv_tripdata_2024-02.parquet").write_bytes(reissued)
    with serve(root) as upstream:
        there = Workspace(workspace.data, upstream)
        ended = there.command("refresh", "--months", "100")
        assert ended.returncode == 0, ended.stderr
        assert there.requested_paths("GET") == ["trip-data/fhv_tripdata_2024-02.parquet"]
    tasks = finished_tasks(ended.stderr)
    assert tasks and [task for task in tasks if "2024-02" not in task] == []
    assert workspace.query(others) == before
    assert (workspace.data / f"{FHV}.parquet").read_bytes() == reissued
    history = workspace.query("""
        select sha256, is_current, replaced_at is not null from audit.file_history
        where source = 'fhv_taxi' and source_month = '2024-02-01' order by loaded_at
    """)
    now = json.loads((workspace.data / f"{FHV}.json").read_text())
    assert history == [(earlier["sha256"], False, True), (now["sha256"], True, False)]
    assert workspace.command("verify").returncode == 0


def finished_tasks(log: str) -> list[str]:
    """The tasks that a run logged: ``2024-02 fhv_taxi: loaded 5 rows``."""
    return re.findall(r"^[\d:]{8} (\w.*) in .* s$", log, flags=re.MULTILINE)


def test_current_month_weather_is_replaced_and_builds_no_month(workspace: Workspace) -> None:
    for _ in range(2):
        ended = workspace.run("python", "-m", "pipeline", "weather", LUIGI_CONFIG_PATH=no_maintenance(workspace))
        assert ended.returncode == 0, ended.stderr
    hours = workspace.query(
        'select min("time")::date, max("time")::date, count(*), count(distinct "time") from raw_data.weather_so_far'
    )
    first, last, rows, different = hours[0]
    assert isinstance(first, date) and first.day == 1 and last == date.today() and rows == different
    published = list(workspace.data.glob("published/**/*.parquet"))
    assert [path.name for path in published] == ["weather_so_far.parquet"]
    assert workspace.query("select count(*) from raw_data.weather") == [(0,)], "no month has it"
    assert "no month is stored" in workspace.command("status").stdout
    assert workspace.command("verify").returncode == 0


def no_maintenance(workspace: Workspace) -> str:
    path = workspace.upstream.root / "luigi.cfg"
    path.write_text("[mobility]\nmaintenance =\n")
    return str(path)


def test_no_weather_is_requested_in_the_maintenance_window(workspace: Workspace) -> None:
    path = Path(no_maintenance(workspace))
    path.write_text("[mobility]\nmaintenance = 00:00-23:59\n")
    ended = workspace.run("python", "-m", "pipeline", "weather", LUIGI_CONFIG_PATH=str(path))
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "nothing is downloaded from 00:00-23:59 UTC" in ended.stdout
    assert workspace.upstream.requests == [] and workspace.files() == set()


def test_a_failure_is_sent_and_recorded_and_no_log_has_the_address(workspace: Workspace) -> None:
    workspace.upstream.faults = [Fault("misc/taxi_zone_lookup.csv", body=b"<html>")]
    words = ("Load", "--source", "taxi_zones", "--month", "2011-01")
    with listening() as hook:
        ended, again = (
            workspace.luigi(*words, MOBILITY_ALERT_URLS=f"slack://nonsense {hook.address}") for _ in range(2)
        )
    assert (ended.returncode, again.returncode) == (30, 30)
    assert hook.titles == ["Download taxi_zones 2011-01 failed"], "sent once"
    assert "expected a csv file, found an HTML page" in hook.sent[0]["message"]
    assert "address 1 of MOBILITY_ALERT_URLS is not valid" in ended.stderr
    log = (workspace.data / "logs/pipeline.jsonl").read_text()
    assert "secret-of-the-hook" not in ended.stderr + ended.stdout + log and "nonsense" not in ended.stderr + log
    (history,) = workspace.data.glob("runs/*.jsonl")
    lines = [json.loads(line) for line in history.read_text().splitlines()]
    assert [(line["task"], line["outcome"]) for line in lines] == [("Download", "failed")] * 2
    assert lines[0]["run"] != lines[1]["run"]
    assert {json.loads(line)["run"] for line in log.splitlines()} == {line["run"] for line in lines}


def test_an_unreachable_publisher_is_sent_and_a_url_with_a_password_is_refused(workspace: Workspace) -> None:
    once = workspace.upstream.root / "luigi.cfg"
    once.write_text("[download]\nattempts = 1\n")
    words = ("Load", "--source", "green_taxi", "--month", "2024-01")
    with listening() as hook:
        urls = {"MOBILITY_ALERT_URLS": hook.address, "LUIGI_CONFIG_PATH": str(once)}
        assert workspace.luigi(*words, TLC_URL="http://127.0.0.1:1", **urls).returncode == 35
    assert hook.titles == ["green_taxi: not available from its publisher"]
    ended = workspace.luigi(*words, TLC_URL="https://someone:password@127.0.0.1:1")
    assert ended.returncode == 35
    assert "TLC_URL: holds a password" in ended.stderr and "someone" not in ended.stderr


def test_receipts_and_history_have_the_run_that_wrote_them(finished: Workspace) -> None:
    (history,) = finished.data.glob("runs/*.jsonl")
    lines = [json.loads(line) for line in history.read_text().splitlines()]
    done = [line for line in lines if line["outcome"] == "done"]
    receipt = json.loads((finished.data / "warehouse/loaded/yellow_taxi/2024-01.json").read_text())
    (load,) = (line for line in done if line["task"] == "Load" and line["task_id"].startswith("Load_2024_01_yellow"))
    assert (load["run"], load["rows"]) == (receipt["run"], receipt["rows"])
    assert 0 < load["seconds"] < 300 and load["peak_bytes"] > 10_000_000
    (built,) = (line for line in done if line["task"] == "Transform")
    assert built["months"] == ["2024-01", "2024-02", "2024-03"]
    assert built["peak_bytes"] > 100_000_000 and built["cpu_seconds"] > 1, "dbt's too"


def test_a_data_folder_that_was_moved_is_still_complete(copy_finished: Callable[[], Workspace], tmp_path: Path) -> None:
    workspace = copy_finished()
    moved = Workspace(tmp_path / "elsewhere", workspace.upstream)
    shutil.move(workspace.data, moved.data)
    ended = moved.luigi("RangeMonthly", "--of", "RunMonth", "--start", "2024-01", "--stop", "2024-04")
    assert ended.returncode == 0 and ended.stderr.startswith("complete  2024-01 to 2024-03, nothing to do\n")
    assert moved.command("verify").returncode == 0


def test_a_run_with_too_little_disk_space_is_refused_before_it_starts(workspace: Workspace) -> None:
    greedy = workspace.upstream.root / "luigi.cfg"
    greedy.write_text("[mobility]\nleast_free_gb = 1000000\n")
    ended = workspace.run_month("2024-01", LUIGI_CONFIG_PATH=str(greedy))
    assert ended.returncode == 2 and len(ended.stderr.splitlines()) == 1
    assert re.search(r"GB are free, a run needs 1000000.0 GB for a month's files", ended.stderr)
    assert workspace.requested_paths() == []


def test_a_run_waits_up_to_the_configured_time_for_another_to_end(workspace: Workspace) -> None:
    workspace.data.mkdir()
    hold = "import sys, pathlib, pipeline.lock; pipeline.lock.lock(pathlib.Path(sys.argv[1])); print(1, flush=True)"
    words = [sys.executable, "-c", f"{hold}; sys.stdin.read()", str(workspace.data)]
    with subprocess.Popen(words, cwd=HERE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout and other.stdin and other.stdout.readline()
        assert workspace.command("verify").returncode == 10
        threading.Timer(2, other.stdin.close).start()
        assert workspace.run("python", "-m", "pipeline", "verify", MOBILITY_WAIT_S="60").returncode == 0


def test_log_lines_can_be_json(workspace: Workspace) -> None:
    ended = workspace.luigi("Load", "--source", "taxi_zones", "--month", "2011-01", MOBILITY_LOG_FORMAT="json")
    lines = [json.loads(line) for line in ended.stderr.splitlines()]
    assert [line["message"].split()[:2] for line in lines if line["logger"] == "pipeline.tasks.events"] == [
        ["taxi_zones:", action] for action in ("downloaded", "converted", "loaded")
    ]
    assert [line["summary"]["done"] for line in lines if "summary" in line] == [
        [line["message"].removeprefix("done").strip() for line in lines if "summary" in line]
    ]
    assert len({line["run"] for line in lines}) == 1
    assert workspace.command("month", "2024-01", "--log-format", "xml").returncode == 2
