"""systemd's units as ./run.sh install-units renders them, checked with systemd's tools."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from pipeline.errors import BadInput
from pipeline.operations import units
from tests.conftest import HERE

LARGEST_EXPOSURE = 3.0
SERVICES = ["catchup", "health", "luigid", "refresh", "weather"]


def analyze(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    program = shutil.which("systemd-analyze")
    assert program, "no systemd is installed (Debian: apt install systemd); -m 'not systemd' runs the other tests"
    return subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture(params=["system", "user"])
def installed(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The folder of the units of the system or of a user. The data folder's path has spaces and a percent sign."""
    user = "daemon" if request.param == "system" else ""
    units.install(tmp_path / "units", tmp_path / "100 % data", user, tmp_path / "secrets.env")
    return tmp_path / "units"


def test_every_service_but_luigid_has_a_timer(installed: Path) -> None:
    found = {path.name for path in installed.iterdir()}
    assert found == {f"mobility-{name}.service" for name in SERVICES} | {
        f"mobility-{name}.timer" for name in SERVICES if name != "luigid"
    }


def test_units_run_this_checkout_and_have_no_unfilled_placeholder(installed: Path) -> None:
    for path in installed.iterdir():
        text = path.read_text()
        assert "{{" not in text and "{%" not in text
        if path.suffix == ".service":
            assert f'ExecStart="{HERE}/run.sh" ' in text and "100 %% data" in text
            assert ("User=daemon" in text) == ("multi-user" in (installed / "mobility-luigid.service").read_text())


def test_timers_have_their_hours_and_run_after_a_missed_one(installed: Path) -> None:
    timers = {path.stem: path.read_text() for path in installed.glob("*.timer")}
    assert "OnCalendar=*-*-* 02:00:00 UTC" in timers["mobility-catchup"]
    assert all("Persistent=true" in text for text in timers.values())
    for path in installed.glob("*.service"):
        assert ("SuccessExitStatus=10 20" in path.read_text()) == (path.stem != "mobility-luigid")


@pytest.mark.systemd
def test_systemd_verifies_the_units_without_warnings(installed: Path) -> None:
    for path in sorted(installed.iterdir()):
        result = analyze("verify", path)
        assert (result.returncode, result.stdout + result.stderr) == (0, "")
    for path in installed.glob("*.timer"):
        (schedule,) = re.findall(r"^OnCalendar=(.*)$", path.read_text(), flags=re.MULTILINE)
        assert analyze("calendar", schedule).returncode == 0


@pytest.mark.systemd
@pytest.mark.parametrize("name", SERVICES)
def test_a_service_has_a_low_exposure_level(installed: Path, name: str) -> None:
    result = analyze("security", "--offline=true", installed / f"mobility-{name}.service")
    (exposure,) = re.findall(r"Overall exposure level for \S+: ([\d.]+)", result.stdout)
    assert float(exposure) < LARGEST_EXPOSURE, result.stdout


def test_a_path_that_units_cannot_contain_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="which systemd units cannot contain"):
        units.install(tmp_path / "units", tmp_path / 'a "quoted" folder', "", tmp_path / "secrets.env")
    assert not (tmp_path / "units").exists()
