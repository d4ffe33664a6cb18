"""The verb config: what it shows, and the copies that it makes."""

import shutil
from pathlib import Path

import pytest

from pipeline.errors import BadInput, NoSpace
from pipeline.operations import config
from pipeline.project import CONFIG, DBT, HERE


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MOBILITY_CONFIG", str(tmp_path / "settings"))
    return tmp_path / "settings"


def test_it_shows_the_files_in_use(settings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOBILITY_DATA", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    settings.mkdir()
    (settings / "luigi.cfg").touch()
    lines = [line.split()[-1] for line in config.locations().splitlines()]
    assert lines == [str(path) for path in (tmp_path / "data", HERE / "luigi.cfg", settings / "luigi.cfg", CONFIG, DBT)]


def test_the_copies_are_the_projects_own_files(settings: Path) -> None:
    assert config.copy() == [settings / "luigi.cfg", settings / "config", settings / "dbt"]
    assert (settings / "luigi.cfg").read_bytes() == (HERE / "luigi.cfg").read_bytes()
    for folder in ("config/sources", "config/systemd", "dbt/models/core"):
        assert {path.name for path in (settings / folder).iterdir()} == {
            path.name for path in (HERE / folder).iterdir()
        }


def test_nothing_is_overwritten(settings: Path) -> None:
    (settings / "config").mkdir(parents=True)
    with pytest.raises(BadInput, match=r"config: exists; nothing was copied; rename it, then copy again$"):
        config.copy()
    assert [path.name for path in settings.iterdir()] == ["config"]
    shutil.rmtree(settings)
    settings.write_text("no folder")
    with pytest.raises(NoSpace, match="cannot be written"):
        config.copy()


def test_a_checkout_has_nothing_to_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MOBILITY_CONFIG", raising=False)
    with pytest.raises(BadInput, match=r"^nothing to copy: luigi\.cfg, config, dbt of .* are yours to change"):
        config.copy()
