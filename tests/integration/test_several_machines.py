"""Two machines run one range together: a luigid, a shared folder, and one of them is lost half way.

The machines are network namespaces with names of their own; each has an upstream on its own loopback.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from pipeline.project import CONFIG
from tests.conftest import HERE, LONGEST_S, Workspace
from tests.faults.contents import state

pytestmark = [pytest.mark.netns, pytest.mark.long]

ADDRESS, PORT = "10.77.0.1", 8377
MACHINES = {"mobility1": "10.77.0.11", "mobility2": "10.77.0.12"}
WORK = """
hostname {name}
{python} -m pipeline.sample serve {upstream} > {folder}/{name}.url &
until [ -s {folder}/{name}.url ]; do sleep 0.1; done
read -r url < {folder}/{name}.url
export TLC_URL=$url CITIBIKE_URL=$url/tripdata OPEN_METEO_URL=$url
{python} -m pipeline backfill 2024-01 2024-04
code=$?
kill %1
exit $code
"""


def ip(*arguments: str) -> str:
    return subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True).stdout


@contextmanager
def network() -> Iterator[None]:
    """A bridge of this machine, and a namespace for each other one with a connection to it."""
    assert shutil.which("ip"), "Debian: apt install iproute2"
    remove_network()
    try:
        ip("link", "add", "mobility0", "type", "bridge")
        ip("addr", "add", f"{ADDRESS}/24", "dev", "mobility0")
        ip("link", "set", "mobility0", "up")
        for name, address in MACHINES.items():
            ip("netns", "add", name)
            ip("link", "add", f"{name}v", "type", "veth", "peer", "name", "eth0", "netns", name)
            ip("link", "set", f"{name}v", "master", "mobility0", "up")
            ip("-n", name, "addr", "add", f"{address}/24", "dev", "eth0")
            ip("-n", name, "link", "set", "eth0", "up")
            ip("-n", name, "link", "set", "lo", "up")
        yield
    finally:
        remove_network()


def remove_network() -> None:
    for arguments in (*(("netns", "del", name) for name in MACHINES), ("link", "del", "mobility0")):
        with suppress(subprocess.CalledProcessError):
            ip(*arguments)


@contextmanager
def luigid(folder: Path) -> Iterator[None]:
    """``./run.sh ui`` on the address of the bridge."""
    command = [sys.executable, "-m", "pipeline", "ui", "--address", ADDRESS, "--port", str(PORT)]
    environment = os.environ | {"MOBILITY_DATA": str(folder / "luigid")}
    with (folder / "luigid.log").open("w") as log:
        process = subprocess.Popen(command, cwd=HERE, env=environment, stdout=log, stderr=log)
    try:
        until = time.monotonic() + 60
        while running_on("Transform") is None and time.monotonic() < until:
            time.sleep(0.2)
        yield
    finally:
        process.terminate()
        process.wait(30)


def running_on(task: str) -> str | None:
    """The machine on which luigid has the task running; empty for none, None while luigid does not respond."""
    query = "data=%7B%22status%22%3A%22RUNNING%22%2C%22upstream_status%22%3A%22%22%7D"
    try:
        with urllib.request.urlopen(f"http://{ADDRESS}:{PORT}/api/task_list?{query}") as answer:
            tasks = json.load(answer)["response"]
    except OSError:
        return None
    workers = [str(found["worker_running"]) for found in tasks.values() if found["name"] == task]
    return next((name for name in MACHINES for worker in workers if f"host={name}" in worker), "")


def settings(folder: Path) -> Path:
    """A settings folder whose luigid is the one on the bridge."""
    own = folder / "settings"
    shutil.copytree(CONFIG, own)
    text = (HERE / "luigi.cfg").read_text()
    text = text.replace("scheduler_host = 127.0.0.1", f"scheduler_host = {ADDRESS}")
    (own / "luigi.cfg").write_text(text.replace("scheduler_port = 8082", f"scheduler_port = {PORT}"))
    return own


def machine(name: str, upstream: Path, folder: Path, environment: dict[str, str]) -> subprocess.Popen[str]:
    """The range on one of the machines."""
    script = WORK.format(name=name, python=sys.executable, upstream=upstream, folder=folder)
    command = ["ip", "netns", "exec", name, "unshare", "--uts", "bash", "-c", script]
    return subprocess.Popen(
        command, cwd=HERE, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )


def lose(name: str) -> None:
    """Kills everything that runs on the machine at once."""
    for pid in ip("netns", "pids", name).split():
        os.kill(int(pid), signal.SIGKILL)


def test_a_range_on_two_machines_of_which_one_is_lost_gives_the_same_tables(
    finished: Workspace, generated: Path, tmp_path: Path
) -> None:
    shared = {
        "MOBILITY_DATA": str(tmp_path / "data"),
        "MOBILITY_CONFIG": str(settings(tmp_path)),
        "MOBILITY_SCHEDULER": "luigid",
        "MOBILITY_SHARED_AS": "a lake",
    }
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MOBILITY_")} | shared
    with network(), luigid(tmp_path):
        runs = {name: machine(name, generated, tmp_path, environment) for name in MACHINES}
        until = time.monotonic() + LONGEST_S
        while not (lost := running_on("Transform")) and time.monotonic() < until:
            time.sleep(0.05)
        assert lost, "no machine builds the marts"
        lose(lost)
        outputs = {name: run.communicate(timeout=LONGEST_S)[0] for name, run in runs.items()}
        [left] = {*MACHINES} - {lost}
        assert runs[left].returncode == 0, outputs[left]
        for step in ("downloaded", "converted"):
            assert all(step in output for output in outputs.values()), outputs
    workspace = Workspace(tmp_path / "data", finished.upstream)
    found, expected = state(workspace), state(finished)
    assert {name: found.get(name) for name in expected} == expected
    assert workspace.command("verify").returncode == 0
