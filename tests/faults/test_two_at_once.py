"""Two processes work on one data folder: a second run ends with one line, readers and a run wait for each other."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from luigi.cmdline_parser import CmdlineParser
from luigi.interface import PidLockAlreadyTakenExit

from pipeline.sample.server import Fault
from tests.conftest import HERE, LONGEST_S, Workspace

MONTH = ("--month", "2024-01")
FILE = ("--source", "citibike", *MONTH)
TASKS: dict[str, Sequence[str]] = {
    "RangeMonthly": ("--of", "RunMonth", "--start", "2024-01", "--stop", "2024-02"),
    "RunMonth": MONTH,
    "Download": FILE,
    "Convert": FILE,
    "Load": FILE,
    "Transform": ("--months", "2024-01"),
    "Report": ("--months", "2024-01"),
    "CheckForReissue": FILE,
    "Refresh": (),
    "WeatherSoFar": (),
    "CatchUp": ("--start", "2024-01"),
}
HOLD_LOCK = "import sys, pathlib, pipeline.lock as lock; lock.lock(pathlib.Path(sys.argv[1]))"
WAREHOUSE = "warehouse/nyc_mobility.duckdb"
WRITE = "import sys, duckdb; con = duckdb.connect(sys.argv[1])"
READ = "import sys, duckdb; con = duckdb.connect(sys.argv[1], read_only=True)"


@contextmanager
def beside(script: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Another process, which runs the script and then waits for the end of its input."""
    command = [sys.executable, "-c", f"{script}; print('ready', flush=True); sys.stdin.read()", *arguments]
    with subprocess.Popen(command, cwd=HERE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout and process.stdout.readline() == "ready\n"
        yield process
        process.communicate()


@pytest.mark.parametrize("name", ["RangeMonthly", "WeatherSoFar"])
def test_a_command_does_not_run_beside_a_run(workspace: Workspace, name: str) -> None:
    with beside(HOLD_LOCK, str(workspace.data)) as holder:
        ended = workspace.luigi(name, *TASKS[name])
        assert ended.returncode == 10, ended.stderr
        assert f"error: already running: process {holder.pid}" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert {path for path in workspace.files() if not path.startswith(".running")} == set()


def test_no_task_by_name_begins_beside_a_run(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for variable, value in workspace.variables.items():
        monkeypatch.setenv(variable, value)
    with beside(HOLD_LOCK, str(workspace.data)) as holder:
        for name, words in TASKS.items():
            with CmdlineParser.global_instance([name, *words]) as command:
                task = command.get_task_obj()
            with pytest.raises(PidLockAlreadyTakenExit):
                task.deps()  # what Luigi asks first of all of a task that is not complete
            assert f"error: already running: process {holder.pid}" in capsys.readouterr().err, name
    assert {path for path in workspace.files() if not path.startswith(".running")} == set()


READERS = {
    "status": ("status",),
    "report": ("report", "2024-01"),
    "metrics": ("metrics", "query", "--metrics", "total_trips"),
    "dbt show": ("dbt", "show", "--inline", "select count(*) as trips from core.fct_trips"),
}


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(words, id=name, marks=pytest.mark.long if name in ("metrics", "dbt show") else [])
        for name, words in READERS.items()
    ],
)
def test_what_only_reads_works_beside_a_run(copy_finished: Callable[[], Workspace], words: tuple[str, ...]) -> None:
    workspace = copy_finished()
    with beside(HOLD_LOCK, str(workspace.data)), beside(READ, str(workspace.data / WAREHOUSE)):
        ended = workspace.command(*words)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_a_run_beside_another_one_names_it_and_leaves_it_alone(workspace: Workspace) -> None:
    workspace.upstream.faults = [Fault("tripdata/202401*", first=2, bytes_per_second=100_000)]
    first = start(workspace, "luigi", "--module", "pipeline", "Load", *FILE, "--local-scheduler")
    holder = workspace.data / ".running.json"
    until = time.monotonic() + LONGEST_S
    while not holder.exists() or not holder.read_text():
        assert first.poll() is None and time.monotonic() < until
        time.sleep(0.02)
    second = workspace.luigi("Load", "--source", "green_taxi", "--month", "2024-03")
    assert second.returncode == 10
    assert second.stderr.startswith(f"error: already running: process {first.pid} (") and "2024-01" in second.stderr
    assert json.loads(holder.read_text())["pid"] == first.pid
    output, rest = first.communicate()
    assert first.returncode == 0, output + rest
    assert workspace.query("select distinct source from raw_data.loads") == [("citibike",)]


def test_a_run_that_finds_the_warehouse_open_for_long_names_the_process_and_the_next_goes_on(
    workspace: Workspace, tmp_path: Path
) -> None:
    (tmp_path / "luigi.cfg").write_text("[mobility]\nwait_for_warehouse_s = 0.1\n")
    workspace.environment["LUIGI_CONFIG_PATH"] = str(tmp_path / "luigi.cfg")
    (workspace.data / "warehouse").mkdir(parents=True)
    bikes = ("Load", "--source", "citibike_jc", "--month", "2024-01")
    with beside(WRITE, str(workspace.data / WAREHOUSE)) as holder:
        ended = workspace.luigi(*bikes)
    assert ended.returncode == 30
    assert f"held by process {holder.pid} (" in ended.stderr and "wait for it or stop it" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert workspace.luigi(*bikes).returncode == 0


def test_a_query_waits_while_a_run_writes(copy_finished: Callable[[], Workspace]) -> None:
    workspace = copy_finished()
    with beside(WRITE, str(workspace.data / WAREHOUSE)) as writer:
        query = start(workspace, "pipeline", *READERS["metrics"])
        line = first_line(query, "held by process")
    output, rest = query.communicate()
    assert query.returncode == 0, output + rest
    assert f"held by process {writer.pid}" in line
    assert "total_trips" in output


@pytest.mark.long
def test_a_command_that_writes_waits_for_a_query_to_end(copy_finished: Callable[[], Workspace]) -> None:
    workspace = copy_finished()
    with beside(READ, str(workspace.data / WAREHOUSE)) as reader:
        forget = start(workspace, "pipeline", "forget", "2024-02")
        line = first_line(forget, "held by process")
        assert workspace.query("select count(*) > 0 from core.fct_trips where source_month = '2024-02-01'") == [(True,)]
        assert list(workspace.data.glob("landing/*/2024-02*")), "nothing is deleted before the warehouse can be opened"
    output, rest = forget.communicate()
    assert forget.returncode == 0, output + rest
    assert f"held by process {reader.pid}" in line
    assert workspace.query("select count(*) from core.fct_trips where source_month = '2024-02-01'") == [(0,)]


def start(workspace: Workspace, *words: str) -> subprocess.Popen[str]:
    """A command of ``python -m`` that runs while the test goes on."""
    return subprocess.Popen(
        [sys.executable, "-m", *words],
        cwd=HERE,
        env=workspace.variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def first_line(process: subprocess.Popen[str], text: str) -> str:
    """The first line with the text that the process writes to standard error."""
    assert process.stderr
    return next(line for line in process.stderr if text in line)
