"""luigid: what it shows of a month, in a browser as well; that it keeps what it knows; that a run outlives it."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.sample.server import Fault
from tests.conftest import HERE, Place

JERSEY = ("--sources", "citibike_jc,weather")
STAGES = {
    "Describe",
    "Download",
    "Convert",
    "Load",
    "Transform",
    "Judge",
    "Validate",
    "Publish",
    "Measure",
    "Report",
    "RunMonth",
}


@dataclass
class Luigid:
    """A scheduler on a port of its own, as ``./run.sh ui`` starts it on 8082."""

    place: Place
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def state(self) -> Path:
        return self.place.data / "luigid/state.pickle"

    def start(self) -> None:
        self.state.parent.mkdir(parents=True, exist_ok=True)
        words = ["--address", "127.0.0.1", "--port", str(self.port), "--state-path", str(self.state)]
        environment = os.environ | {
            "MOBILITY_DATA": str(self.place.data),
            "LUIGI_CONFIG_PATH": str(HERE / "config/luigid.cfg"),
        }
        with (self.place.data / "luigid/log").open("a") as log:
            program = Path(sys.executable).with_name("luigid")
            self.process = subprocess.Popen([program, *words], stdout=log, stderr=log, cwd=HERE, env=environment)
        wait_until(lambda: socket.socket().connect_ex(("127.0.0.1", self.port)) == 0)

    def stop(self, by: signal.Signals = signal.SIGTERM) -> None:
        assert self.process
        self.process.send_signal(by)
        self.process.wait(20)

    def get(self, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}") as answer:
            text: str = answer.read().decode()
        return text

    def done(self) -> dict[str, dict[str, str]]:
        tasks: dict[str, dict[str, str]] = json.loads(self.get("/api/task_list?data=%7B%22status%22%3A%22DONE%22%7D"))[
            "response"
        ]
        return tasks

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return self.place.run("luigi", "--module", "pipeline", *words, "--scheduler-port", str(self.port))

    def seen(self, chromium: str, path: str) -> str:
        """The page as a browser has it once its scripts have run."""
        browser = [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=15000"]
        browser += [f"--user-data-dir={self.place.data / 'browser'}", "--dump-dom"]
        address = f"http://127.0.0.1:{self.port}{path}"
        ended = subprocess.run([*browser, address], capture_output=True, text=True, check=True, timeout=120)
        return ended.stdout


def wait_until(happened: object, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not happened():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def luigid(place: Place) -> Iterator[Luigid]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    daemon = Luigid(place, port)
    daemon.start()
    try:
        yield daemon
    finally:
        daemon.stop()


@pytest.mark.browser
def test_a_month_runs_against_luigid_which_shows_it_and_keeps_what_it_knows(
    place: Place, luigid: Luigid, known: Callable[[Place], Place], chromium: str
) -> None:
    known(place)
    words = ("RunMonth", "--month", "2024-01", *JERSEY, "--workers", "4")
    place.upstream.faults = [Fault("tripdata/*", body=b"<html>")]
    assert luigid.run(*words).returncode == 30
    place.upstream.faults = []  # luigid must not hold the failure against the next run
    ended = luigid.run(*words)
    assert ended.returncode == 0, ended.stderr
    done = luigid.done()
    assert {task["name"] for task in done.values()} >= STAGES
    (month,) = (task for task in done.values() if task["name"] == "RunMonth")
    assert month["tracking_url"] == (place.data / "reports/2024-01.html").as_uri()
    (loaded,) = (task for task_id, task in done.items() if task_id.startswith("Load_2024_01_citibike_jc"))
    assert re.fullmatch(r"[\d,]+ rows", loaded["status_message"])
    assert "RunMonth" in luigid.get("/history"), "a history, in SQLite"
    assert 'luigi_task_done_total{family="RunMonth"} 1.0' in luigid.get("/metrics")
    check_in_a_browser(chromium, luigid, next(task_id for task_id in done if task_id.startswith("RunMonth")))
    luigid.stop()
    luigid.start()
    assert set(luigid.done()) == set(done), "what it knew before it was started again"
    luigid.stop()
    luigid.state.write_bytes(luigid.state.read_bytes()[:100])
    luigid.start()
    assert luigid.done() == {}, "a damaged state is none, and no reason not to start"
    assert luigid.run(*words).returncode == 0


def check_in_a_browser(chromium: str, luigid: Luigid, month: str) -> None:
    tasks = luigid.seen(chromium, "/static/visualiser/index.html")
    assert set(re.findall(r'<li data-task="(\w+)">', tasks)) >= STAGES, "the kinds of tasks"
    assert re.search(r"DONE</td><td>Download</td>", tasks), "the list of tasks"
    graph = luigid.seen(chromium, f"/static/visualiser/index.html#tab=graph&taskId={month}")
    drawn = set(re.findall(r"<text[^>]*>(\w+)</text>", graph))
    assert drawn >= STAGES, "the month's graph of dependencies"
    assert "RunMonth" in luigid.seen(chromium, "/history")


def test_two_data_folders_on_one_luigid_do_not_take_each_others_tasks(place: Place, luigid: Luigid) -> None:
    words = ("Load", "--source", "taxi_zones", "--month", "2011-01")
    assert luigid.run(*words).returncode == 0
    other = Luigid(Place(place.data.with_name("other"), place.upstream), luigid.port)
    assert other.run(*words).returncode == 0
    assert (other.place.data / "warehouse/loaded/taxi_zones/static.json").exists()
    assert len([task for task in luigid.done() if task.startswith("Load_")]) == 2


def test_it_listens_on_this_machine_alone(luigid: Luigid) -> None:
    others = {
        line.split()[1].rsplit(":", 1)[0]
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
        if line.split()[1].endswith(f":{luigid.port:04X}") and line.split()[3] == "0A"
    }
    assert others == {"0100007F"}


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGKILL])
def test_a_run_goes_on_when_luigid_is_started_again(place: Place, luigid: Luigid, by: signal.Signals) -> None:
    """Stopped, it knows where it was; killed, it knows of nothing, and the run is planned once more."""
    place.upstream.faults = [Fault("trip-data/green*", bytes_per_second=100_000)]
    config = place.upstream.root / "luigi.cfg"  # by default it tries three times, half a minute apart
    config.write_text(f"[core]\nscheduler_port = {luigid.port}\nrpc-retry-wait = 3\n")
    environment = os.environ | {
        "MOBILITY_DATA": str(place.data),
        "MOBILITY_SCHEDULER": "luigid",
        "LUIGI_CONFIG_PATH": str(config),
        "TLC_URL": place.upstream.url,
    }
    code = "import sys; from pipeline import runs; sys.exit(runs.run(sys.argv[1:]))"
    command = [sys.executable, "-c", code, "Load", "--source", "green_taxi", "--month", "2024-01"]
    with subprocess.Popen(command, cwd=HERE, env=environment, stderr=subprocess.PIPE, text=True) as run:
        wait_until(lambda: any("green" in asked for asked in place.asked("GET")))
        luigid.stop(by)
        time.sleep(1)
        luigid.start()
        _, said = run.communicate(timeout=200)
    assert run.returncode == 0, said
    assert (place.data / "warehouse/loaded/green_taxi/2024-01.json").exists()
