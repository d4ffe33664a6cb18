"""The units, started by a systemd that boots in namespaces: hardened services, timers, a stop, a disk for the data."""

import os
import sys
import time
import urllib.request
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from pipeline.sample.server import Fault, Upstream, serve
from tests.integration.machine import DISK, PROJECT, PYTHON, Machine, booted, use_python

pytestmark = pytest.mark.boot

USER, DATA, SETTINGS = "daemon", DISK / "data", Path("/etc/nyc-mobility")
HOME = Path("/home/owner")
STAMPS = Path("/var/lib/systemd/timers")
"""When each timer with Persistent= last fired, as the time of a file."""
SETTINGS_FILE = f"[RangeMonthly]\nstart = {date.today():%Y-%m}\n[mobility]\nmaintenance =\n"
INSTALL = (f"{PROJECT}/run.sh", "install-units", "--run-as", USER)


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    with booted() as machine:
        yield machine


@pytest.fixture(scope="module")
def upstream(machine: Machine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Upstream]:
    """Publishers in the machine's network that have the weather alone."""
    server = serve(tmp_path_factory.mktemp("upstream"))
    with machine.network():
        upstream = server.__enter__()
    yield upstream
    server.__exit__(None, None, None)


@pytest.fixture(scope="module")
def refused(machine: Machine) -> str:
    """What install-units prints where the program's Python is in a home folder. Afterwards it is elsewhere."""
    machine.path(HOME).mkdir(mode=0o700)
    machine.path(HOME / "python").mkdir()
    assert machine.run("mount", "--bind", sys.base_prefix, str(HOME / "python")).returncode == 0
    use_python(machine, HOME / "python/bin" / PYTHON.name)
    ended = machine.run(*INSTALL, MOBILITY_DATA=str(DATA))
    use_python(machine, PYTHON)
    assert ended.returncode == 2 and not list(machine.path("/etc/systemd/system").glob("mobility-*"))
    return ended.stderr


@pytest.fixture(scope="module")
def installed(machine: Machine, upstream: Upstream, refused: str) -> Machine:
    """The units of a program whose alerts have an address that cannot be reached."""
    machine.path(SETTINGS).mkdir()
    machine.path(SETTINGS / "luigi.cfg").write_text(SETTINGS_FILE)
    variables = dict.fromkeys(("TLC_URL", "CITIBIKE_URL", "OPEN_METEO_URL"), upstream.url)
    variables |= {"MOBILITY_ALERT_URLS": "json://127.0.0.1:9/hook", "MOBILITY_SOURCES": "citibike_jc"}
    machine.path("/etc/nyc-mobility.env").write_text("".join(f"{name}={text}\n" for name, text in variables.items()))
    ended = machine.run(*INSTALL, MOBILITY_DATA=str(DATA), MOBILITY_CONFIG=str(SETTINGS))
    assert ended.returncode == 0, ended.stderr
    machine.systemctl("daemon-reload")
    return machine


def fire(machine: Machine, name: str) -> None:
    """Enables a timer that was missed for a week, so that it fires at once."""
    stamp = machine.path(STAMPS / f"stamp-mobility-{name}.timer")
    stamp.parent.mkdir(exist_ok=True)
    stamp.touch()
    week_ago = time.time() - 7 * 86_400
    os.utime(stamp, (week_ago, week_ago))
    machine.systemctl("enable", "--now", f"mobility-{name}.timer")


def test_a_python_that_the_services_user_cannot_run_is_one_line(refused: str) -> None:
    assert len(refused.splitlines()) == 1
    assert refused.startswith(f"error: {HOME}: closed to user {USER}, who would run {HOME}/python/bin/{PYTHON.name}")
    assert "PYTHON=/usr/bin/python3 ./run.sh status" in refused and "--run-as NAME" in refused


def test_a_service_that_is_stopped_in_mid_run_completes_when_it_is_started_again(
    installed: Machine, upstream: Upstream
) -> None:
    upstream.faults = [Fault("v1/archive*", pause=120)]
    fire(installed, "weather")
    installed.wait_until(lambda: installed.is_connected_to(upstream.server_port), "weather is being downloaded")
    installed.systemctl("stop", "mobility-weather.service")
    assert installed.state("mobility-weather.service")["Result"] == "success", "a stop is no failure"
    data = installed.path(DATA)
    assert not (data / "published").exists() and not list(data.glob("landing/weather/*.json"))

    upstream.faults = []
    installed.systemctl("start", "mobility-weather.service")
    assert installed.state("mobility-weather.service")["ExecMainStatus"] == "0"
    (published,) = data.glob("published/weather_so_far/*.parquet")
    assert published.owner() == USER
    assert published.stat().st_dev != installed.root.stat().st_dev, "it is on the data's own disk"
    assert not list(data.rglob(".*.part"))


def test_missed_timers_fire_and_an_alert_that_cannot_be_sent_breaks_no_run(installed: Machine) -> None:
    for name in ("weather", "catchup", "refresh", "health"):
        fire(installed, name)
        ended = installed.wait_until_ended(f"mobility-{name}.service")
        assert ended["Result"] == "success", installed.journal(f"mobility-{name}")
    assert "alert not sent: taxi_zones" in installed.journal("mobility-catchup")
    assert '{"healthy": true' in installed.journal("mobility-health")
    timers = installed.systemctl("list-timers", "--no-pager", "mobility-*")
    assert "4 timers listed" in timers and "n/a" not in timers


def test_luigid_answers_with_the_rights_that_its_unit_leaves(installed: Machine) -> None:
    installed.systemctl("enable", "--now", "mobility-luigid.service")
    installed.wait_until(lambda: graph_of_luigid(installed) == 200, "luigid answers")
    process = installed.path("/proc") / installed.state("mobility-luigid.service")["ExecMainPID"]
    status = dict(line.split(":\t") for line in (process / "status").read_text().splitlines() if ":\t" in line)
    assert (status["NoNewPrivs"], status["Seccomp"], int(status["CapBnd"], 16)) == ("1", "2", 0)
    assert (process / "status").owner() == USER
    mounts = {line.split()[1]: line.split()[3].split(",")[0] for line in (process / "mounts").read_text().splitlines()}
    assert {folder: mounts[folder] for folder in ("/", str(DISK), str(DATA))} == {
        "/": "ro",
        str(DISK): "ro",
        str(DATA): "rw",
    }


def graph_of_luigid(machine: Machine) -> int:
    with machine.network():
        try:
            with urllib.request.urlopen("http://127.0.0.1:8082/api/graph", timeout=10) as answer:
                return int(answer.status)
        except OSError:
            return 0


def test_without_the_disk_of_its_data_a_service_fails_and_writes_nothing(installed: Machine) -> None:
    mount = f"[Mount]\nWhat=/dev/gone\nWhere={DISK}\nType=ext4\n"
    installed.path("/etc/systemd/system/mnt-disk.mount").write_text(mount)
    installed.systemctl("daemon-reload")
    installed.systemctl("stop", "mnt-disk.mount")
    started = installed.run("systemctl", "start", "mobility-weather.service")
    assert started.returncode == 1 and "A dependency job for mobility-weather.service failed" in started.stderr
    assert list(installed.path(DISK).iterdir()) == []
