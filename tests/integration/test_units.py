"""systemd's units as ./run.sh install-units renders them, checked with systemd's tools."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from pipeline.operations import units

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
