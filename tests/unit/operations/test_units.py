"""Systemd's units, as the verb install-units writes them."""

import os
import pwd
import sys
from pathlib import Path

import pytest

from pipeline.errors import BadInput, NoSpace
from pipeline.operations import units
from tests.conftest import HERE

SERVICES = ["catchup", "health", "luigid", "refresh", "weather"]


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
        assert ("SuccessExitStatus=10 20 SIGTERM" in path.read_text()) == (path.stem != "mobility-luigid")


def test_units_of_an_installed_program_run_its_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(units, "IS_INSTALLED", True)
    monkeypatch.setenv("MOBILITY_CONFIG", str(tmp_path / "set tings"))
    units.install(tmp_path / "units", tmp_path / "data", "", tmp_path / "secrets.env")
    text = (tmp_path / "units/mobility-catchup.service").read_text()
    assert f'ExecStart="{sys.executable}" -P -m pipeline catchup' in text
    assert (
        f'Environment="MOBILITY_DATA={tmp_path}/data" "MOBILITY_CONFIG={tmp_path}/set tings" MOBILITY_WAIT_S=' in text
    )


def test_services_of_the_system_do_not_write_to_a_home_folder_by_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(units, "IS_INSTALLED", True)
    monkeypatch.delenv("MOBILITY_DATA", raising=False)
    with pytest.raises(BadInput, match="MOBILITY_DATA: not set, and the services would write to your home folder"):
        units.data_of(False)
    monkeypatch.setenv("MOBILITY_DATA", str(tmp_path))
    assert units.data_of(False) == units.data_of(True) == tmp_path


def test_who_can_run_the_program_can_run_the_services() -> None:
    units.check_access("")
    units.check_access(pwd.getpwuid(os.geteuid()).pw_name)


def test_a_path_that_units_cannot_contain_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="which systemd units cannot contain"):
        units.install(tmp_path / "units", tmp_path / 'a "quoted" folder', "", tmp_path / "secrets.env")
    assert not (tmp_path / "units").exists()


def test_a_folder_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(NoSpace, match="run as root or add --user"):
        units.install(tmp_path / "file/units", tmp_path / "data", "", tmp_path / "secrets.env")


def test_units_of_a_user_are_in_the_folder_of_their_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert units.folder_of(True) == tmp_path / "systemd/user"
    assert units.secrets_of(True) == tmp_path / "nyc-mobility.env"
    assert (units.folder_of(False), units.user_of(True)) == (Path("/etc/systemd/system"), "")


def test_services_do_not_run_as_root_unless_that_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(units, "HERE", Path("/"))  # which belongs to root
    with pytest.raises(BadInput, match=r"^/ belongs to root, .*; name a user who can read it: --run-as NAME$"):
        units.user_of(False)
    assert units.user_of(False, "root") == "root"
    assert units.user_of(False, "daemon") == "daemon"
    with pytest.raises(BadInput, match="user nobody-at-all: does not exist; name another"):
        units.user_of(False, "nobody-at-all")


def test_a_data_folder_that_the_services_cannot_write_is_reported(tmp_path: Path) -> None:
    owner = tmp_path.owner()
    assert "chown" not in units.next_steps(tmp_path, owner)
    other = "daemon" if owner != "daemon" else "nobody"
    assert f"{tmp_path} must belong to {other}: chown -R {other} '{tmp_path}'" in units.next_steps(tmp_path, other)


@pytest.mark.parametrize("folder", units.OWN_TO_SERVICES)
def test_a_folder_that_services_do_not_see_is_refused(folder: str) -> None:
    units.check_visible(Path("/srv"), Path(f"/srv{folder}/data"))
    with pytest.raises(BadInput, match=f"^{folder}/data: services have their own "):
        units.check_visible(Path("/srv"), Path(folder, "data"))
