"""The demo's data folder: what a verb with --demo works on, and what is said where there is none."""

import os
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from pipeline.errors import BadInput
from pipeline.operations.demo_data import first_step, on_demo_data
from pipeline.paths import data_folder


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MOBILITY_DATA", str(tmp_path))
    monkeypatch.delenv("TLC_URL", raising=False)
    return tmp_path


@pytest.fixture
def upstream(data: Path) -> Path:
    root = data / "demo/upstream"
    root.mkdir(parents=True)
    (root / "file").write_text("generated")
    return root


def test_the_block_works_on_the_demos_folder_with_its_generated_files(data: Path, upstream: Path) -> None:
    with on_demo_data():
        assert data_folder() == data / "demo"
        url = os.environ["TLC_URL"]
        with urllib.request.urlopen(f"{url}/file", timeout=10) as response:
            assert response.read() == b"generated"
    assert data_folder() == data and "TLC_URL" not in os.environ
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"{url}/file", timeout=10)


def test_the_environment_is_restored_after_an_error(data: Path, upstream: Path) -> None:
    with pytest.raises(BadInput), on_demo_data():
        raise BadInput("any")
    assert data_folder() == data


def test_without_a_demo_the_error_names_the_command_that_builds_it(data: Path) -> None:
    with pytest.raises(BadInput, match=rf"no demo is in {data}/demo yet; ./run.sh demo builds it"), on_demo_data():
        pass


def test_the_first_step_is_the_demo_until_there_is_one(data: Path) -> None:
    assert first_step("serve") == "start with ./run.sh demo or ./run.sh month 2024-01"


def test_on_the_demos_data_the_first_step_is_to_build_them(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOBILITY_DEMO", "1")
    assert first_step("serve") == "./run.sh demo builds the demo's"


def test_the_first_step_is_to_look_at_the_demo_that_there_is(upstream: Path) -> None:
    assert first_step("serve") == "./run.sh serve --demo shows the demo's, ./run.sh month 2024-01 builds a month"
