"""luigid: its pages and API for a month, its state after a restart, and runs that continue after its restart."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipeline.sample.server import Fault
from tests.conftest import HERE, Workspace

JERSEY = ("--sources", "citibike_jc,weather")
TASKS = {
    "CompileMetrics",
    "Describe",
    "Download",
    "Convert",
    "Load",
    "Transform",
    "Judge",
    "Validate",
    "Publish",
    "Measure",
    "Explore",
    "Report",
    "RunMonth",
}


@dataclass
class Luigid:
    """A scheduler on a free port; ``./run.sh ui`` starts it on 8082."""

    workspace: Workspace
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def state(self) -> Path:
        return self.workspace.data / "luigid/state.pickle"

    def start(self) -> None:
        self.state.parent.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "pipeline", "ui", "--port", str(self.port)]
        environment = os.environ | {"MOBILITY_DATA": str(self.workspace.data)}
        with (self.workspace.data / "luigid/log").open("a") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, cwd=HERE, env=environment)
        wait_until(self.accepts_connections)

    def accepts_connections(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self, with_signal: signal.Signals = signal.SIGTERM) -> None:
        assert self.process
        self.process.send_signal(with_signal)
        self.process.wait(20)

    def get(self, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}") as answer:
            text: str = answer.read().decode()
        return text

    def done_tasks(self) -> dict[str, dict[str, str]]:
        tasks: dict[str, dict[str, str]] = json.loads(self.get("/api/task_list?data=%7B%22status%22%3A%22DONE%22%7D"))[
            "response"
        ]
        return tasks

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.workspace.run("luigi", "--module", "pipeline", *arguments, "--scheduler-port", str(self.port))

    def rendered(self, chromium: str, path: str) -> str:
        """The HTML of a page after its scripts have run in a browser."""
        browser = [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=15000"]
        browser += [f"--user-data-dir={self.workspace.data / 'browser'}", "--dump-dom"]
        address = f"http://127.0.0.1:{self.port}{path}"
        ended = subprocess.run([*browser, address], capture_output=True, text=True, check=True, timeout=120)
        return ended.stdout


def wait_until(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def luigid(workspace: Workspace) -> Iterator[Luigid]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    daemon = Luigid(workspace, port)
    daemon.start()
    try:
        yield daemon
    finally:
        daemon.stop()


@pytest.mark.browser
def test_luigid_shows_a_month_and_keeps_its_state(
    workspace: Workspace, luigid: Luigid, with_project_files: Callable[[Workspace], Workspace], chromium: str
) -> None:
    with_project_files(workspace)
    arguments = ("RunMonth", "--month", "2024-01", *JERSEY, "--workers", "4")
    workspace.upstream.faults = [Fault("tripdata/*", body=b"<html>")]
    assert luigid.run(*arguments).returncode == 30
    workspace.upstream.faults = []  # luigid must not refuse the failed tasks in the next run
    ended = luigid.run(*arguments)
    assert ended.returncode == 0, ended.stderr
    done = luigid.done_tasks()
    assert {task["name"] for task in done.values()} >= TASKS
    (month,) = (task for task in done.values() if task["name"] == "RunMonth")
    assert month["status_message"] == str(workspace.data / "reports/2024-01.html")
    assert month["tracking_url"] is None  # a browser follows no link from luigid to a file
    (loaded,) = (task for task_id, task in done.items() if task_id.startswith("Load_2024_01_citibike_jc"))
    assert re.fullmatch(r"[\d,]+ rows", loaded["status_message"])
    assert "RunMonth" in luigid.get("/history")
    assert 'luigi_task_done_total{family="RunMonth"} 1.0' in luigid.get("/metrics")
    check_in_a_browser(chromium, luigid, next(task_id for task_id in done if task_id.startswith("RunMonth")))
    luigid.stop()
    luigid.start()
    assert set(luigid.done_tasks()) == set(done)
    luigid.stop()
    luigid.state.write_bytes(luigid.state.read_bytes()[:100])
    luigid.start()
    assert luigid.done_tasks() == {}  # it starts without a damaged state
    assert luigid.run(*arguments).returncode == 0


def check_in_a_browser(chromium: str, luigid: Luigid, month: str) -> None:
    """The pages have the kinds of tasks, the list of tasks, and the month's graph of dependencies."""
    tasks = luigid.rendered(chromium, "/static/visualiser/index.html")
    assert set(re.findall(r'<li data-task="(\w+)">', tasks)) >= TASKS
    assert re.search(r"DONE</td><td>Download</td>", tasks)
    graph = luigid.rendered(chromium, f"/static/visualiser/index.html#tab=graph&taskId={month}")
    drawn = {label.split()[0]: label for label in re.findall(r"<text[^>]*>([^<]+)</text>", graph)}
    assert {*drawn} >= TASKS
    assert re.fullmatch(r"Load \w+ \d{4}-\d\d", drawn["Load"]) and drawn["Judge"] == "Judge 2024-01"
    assert "RunMonth" in luigid.rendered(chromium, "/history")


def test_two_data_folders_on_one_luigid_have_tasks_of_their_own(workspace: Workspace, luigid: Luigid) -> None:
    arguments = ("Load", "--source", "taxi_zones", "--month", "2011-01")
    assert luigid.run(*arguments).returncode == 0
    other = Luigid(Workspace(workspace.data.with_name("other"), workspace.upstream), luigid.port)
    assert other.run(*arguments).returncode == 0
    assert (other.workspace.data / "warehouse/loaded/taxi_zones/static.json").exists()
    assert len([task for task in luigid.done_tasks() if task.startswith("Load_")]) == 2


def test_luigid_listens_on_loopback_alone(luigid: Luigid) -> None:
    addresses = {
        line.split()[1].rsplit(":", 1)[0]
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
        if line.split()[1].endswith(f":{luigid.port:04X}") and line.split()[3] == "0A"
    }
    assert addresses == {"0100007F"}  # 127.0.0.1


@pytest.mark.parametrize(
    "headers",
    [{"Host": "attacker.example"}, {"Origin": "http://attacker.example"}, {"Sec-Fetch-Site": "cross-site"}],
    ids=str,
)
def test_luigid_refuses_requests_of_other_sites(luigid: Luigid, headers: dict[str, str]) -> None:
    address = f"http://127.0.0.1:{luigid.port}/api/task_list"
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(urllib.request.Request(address, data=b"data={}", headers=headers))
    assert luigid.done_tasks() == {}, "its own pages and workers are answered"


RUN = """
import sys
from pipeline.errors import MobilityError
from pipeline.operations import run
try:
    sys.exit(run.run(sys.argv[1:]))
except MobilityError as error:
    sys.exit(f"error: {error}")
"""


@contextmanager
def downloading(luigid: Luigid, attempts: int) -> Iterator[subprocess.Popen[str]]:
    """A run of Load by luigid, once its slow download has begun. It tries so often, each second, to reach luigid."""
    workspace = luigid.workspace
    workspace.upstream.faults = [Fault("trip-data/green*", bytes_per_second=100_000)]
    before = len(workspace.requested_paths("GET"))
    with subprocess.Popen(command_of(luigid, attempts), **options_of(luigid)) as run:
        wait_until(lambda: any("green" in path for path in workspace.requested_paths("GET")[before:]))
        yield run


def command_of(luigid: Luigid, attempts: int) -> list[str]:
    config = luigid.workspace.upstream.root / "luigi.cfg"  # by default Luigi tries three times in 90 seconds
    retries = f"rpc-retry-attempts = {attempts}\nrpc-retry-wait = 1\n"
    config.write_text(f"[core]\nscheduler_port = {luigid.port}\n{retries}")
    return [sys.executable, "-c", RUN, "Load", "--source", "green_taxi", "--month", "2024-01"]


def options_of(luigid: Luigid) -> dict[str, Any]:
    environment = os.environ | {
        "MOBILITY_DATA": str(luigid.workspace.data),
        "MOBILITY_SCHEDULER": "luigid",
        "LUIGI_CONFIG_PATH": str(luigid.workspace.upstream.root / "luigi.cfg"),
        "TLC_URL": luigid.workspace.upstream.url,
    }
    return {"cwd": HERE, "env": environment, "stderr": subprocess.PIPE, "text": True}


def is_loaded(workspace: Workspace) -> bool:
    return (workspace.data / "warehouse/loaded/green_taxi/2024-01.json").exists()


@pytest.mark.parametrize("with_signal", [pytest.param(signal.SIGTERM, marks=pytest.mark.long), signal.SIGKILL])
def test_a_run_continues_after_a_restart_of_luigid(
    workspace: Workspace, luigid: Luigid, with_signal: signal.Signals
) -> None:
    """After SIGTERM luigid has its state; after SIGKILL it has none, and the run schedules its tasks again."""
    with downloading(luigid, attempts=60) as run:
        luigid.stop(with_signal)
        assert run.stderr and any("luigid does not respond" in line for line in run.stderr)  # reads up to that line
        luigid.start()
        errors = run.stderr.read()
        assert run.wait(200) == 0, errors
    assert "Traceback" not in errors
    assert is_loaded(workspace)


def test_a_run_that_loses_luigid_ends_with_one_line(luigid: Luigid) -> None:
    with downloading(luigid, attempts=2) as run:
        luigid.stop(signal.SIGKILL)
        _, errors = run.communicate(timeout=200)
    assert run.returncode == 1
    assert "Traceback" not in errors
    assert errors.splitlines()[-1].startswith(
        f"error: luigid: no response from 127.0.0.1:{luigid.port}: it was lost during the run, and what is complete "
    )
    luigid.start()


def test_a_run_is_not_stopped_by_one_that_was_killed(workspace: Workspace, luigid: Luigid) -> None:
    """luigid counts the killed run's tasks as running until it drops its worker, ten seconds later."""
    with downloading(luigid, attempts=2) as run:
        run.kill()
        run.communicate()
    workspace.upstream.faults = []
    ended = subprocess.run(command_of(luigid, attempts=2), **options_of(luigid), check=False, timeout=200)
    assert ended.returncode == 0, ended.stderr
    assert is_loaded(workspace)
