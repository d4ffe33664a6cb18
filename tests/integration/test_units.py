"""systemd's units as ./run.sh install-units renders them, judged by systemd's own tools."""

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


def analyze(*words: str | Path) -> subprocess.CompletedProcess[str]:
    program = shutil.which("systemd-analyze")
    assert program, "no systemd is installed (Debian: apt install systemd); -m 'not systemd' runs the other tests"
    return subprocess.run([program, *map(str, words)], capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture(params=["system", "user"])
def installed(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The folder of the units, of the system or of a user; with blanks and a percent sign in the data folder's path."""
    user = "daemon" if request.param == "system" else ""
    units.install(tmp_path / "units", tmp_path / "100 % data", user, tmp_path / "secrets.env")
    return tmp_path / "units"


def test_every_service_but_luigid_has_its_timer(installed: Path) -> None:
    found = {path.name for path in installed.iterdir()}
    assert found == {f"mobility-{name}.service" for name in SERVICES} | {
        f"mobility-{name}.timer" for name in SERVICES if name != "luigid"
    }


def test_units_call_this_checkout_and_hold_no_blank_to_fill(installed: Path) -> None:
    for path in installed.iterdir():
        text = path.read_text()
        assert "{{" not in text and "{%" not in text
        if path.suffix == ".service":
            assert f'ExecStart="{HERE}/run.sh" ' in text and "100 %% data" in text
            assert ("User=daemon" in text) == ("multi-user" in (installed / "mobility-luigid.service").read_text())


def test_timers_keep_their_hours_and_make_up_for_missed_ones(installed: Path) -> None:
    hours = {path.stem: path.read_text() for path in installed.glob("*.timer")}
    assert "OnCalendar=*-*-* 02:00:00 UTC" in hours["mobility-catchup"]
    assert all("Persistent=true" in text for text in hours.values())
    for path in installed.glob("*.service"):
        assert ("SuccessExitStatus=10 20" in path.read_text()) == (path.stem != "mobility-luigid")


@pytest.mark.systemd
def test_systemd_has_nothing_to_say_against_them(installed: Path) -> None:
    for path in sorted(installed.iterdir()):
        judged = analyze("verify", path)
        assert (judged.returncode, judged.stdout + judged.stderr) == (0, "")
    for path in installed.glob("*.timer"):
        (when,) = re.findall(r"^OnCalendar=(.*)$", path.read_text(), flags=re.MULTILINE)
        assert analyze("calendar", when).returncode == 0


@pytest.mark.systemd
@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_exposed_to_little(installed: Path, name: str) -> None:
    judged = analyze("security", "--offline=true", installed / f"mobility-{name}.service")
    (exposure,) = re.findall(r"Overall exposure level for \S+: ([\d.]+)", judged.stdout)
    assert float(exposure) < LARGEST_EXPOSURE, judged.stdout


def test_a_path_that_no_unit_can_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="which no unit can name"):
        units.install(tmp_path / "units", tmp_path / 'a "quoted" folder', "", tmp_path / "secrets.env")
    assert not (tmp_path / "units").exists()
