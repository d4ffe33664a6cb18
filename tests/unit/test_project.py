"""Where the project's own files are, and what replaces them."""

from pathlib import Path

import pytest

from pipeline import project
from pipeline.errors import BadInput


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home folder of a user whose environment names no other folders."""
    for variable in ("MOBILITY_CONFIG", "MOBILITY_DATA", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(project, "IS_INSTALLED", True)


def test_a_checkout_uses_its_own_files(home: Path) -> None:
    (home / ".config/nyc-mobility/config").mkdir(parents=True)
    checkout = Path(project.__file__).parents[1]
    assert not project.IS_INSTALLED
    assert project.settings_folder() is None
    assert project.replaced("config") == project.CONFIG == checkout / "config"
    assert project.default_data_folder() == checkout / "data"


@pytest.mark.usefixtures("installed")
def test_an_installed_program_has_its_folders_where_xdg_puts_them(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert project.settings_folder() == home / ".config/nyc-mobility"
    assert project.default_data_folder() == home / ".local/share/nyc-mobility"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "settings"))
    monkeypatch.setenv("XDG_DATA_HOME", str(home / "large"))
    assert project.settings_folder() == home / "settings/nyc-mobility"
    assert project.default_data_folder() == home / "large/nyc-mobility"


@pytest.mark.usefixtures("installed")
def test_what_the_settings_folder_has_is_used_in_the_place_of_the_projects_own(home: Path) -> None:
    (home / ".config/nyc-mobility/dbt").mkdir(parents=True)
    assert project.replaced("dbt") == home / ".config/nyc-mobility/dbt"
    assert project.replaced("config") == project.HERE / "config"


def test_a_named_settings_folder_that_replaces_nothing_is_refused(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project.check_settings_folder()
    monkeypatch.setenv("MOBILITY_CONFIG", str(home))
    with pytest.raises(BadInput, match=r"MOBILITY_CONFIG .*: has none of luigi\.cfg, config, dbt"):
        project.check_settings_folder()
    (home / "luigi.cfg").touch()
    project.check_settings_folder()


@pytest.mark.usefixtures("installed")
def test_a_user_without_a_home_folder_has_to_name_the_data_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.path.expanduser", lambda path: path)  # what it returns for such a user
    assert project.settings_folder() is None
    with pytest.raises(BadInput, match="MOBILITY_DATA: not set, and this user has no home folder"):
        project.default_data_folder()
