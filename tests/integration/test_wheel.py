"""The wheel: the files in it, and what runs from a folder that only has what is in it."""

import compileall
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.conftest import HERE, LONGEST_S, Workspace

OTHER_SOURCE = 'like: green_taxi\ntitle: Green taxis, again\nurls: ["{base}/again_{year}-{month}.parquet"]\n'


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(build, cwd=HERE, check=True, capture_output=True)
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def site(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel's files in a folder of their own, which nothing must write to."""
    folder = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    compileall.compile_dir(folder / "pipeline", quiet=1)
    for path in [folder, *folder.rglob("*")]:
        path.chmod(path.stat().st_mode & ~0o222)
    return folder


def run(site: Path, home: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Runs the program from the wheel's files, in an empty folder, for a user with this home folder."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MOBILITY_", "XDG_"))}
    (home / "empty").mkdir(parents=True, exist_ok=True)
    return subprocess.run(
        [sys.executable, "-P", "-m", "pipeline", *arguments],
        cwd=home / "empty",
        env=kept | {"PYTHONPATH": str(site), "HOME": str(home)} | variables,
        text=True,
        capture_output=True,
        check=False,
        timeout=LONGEST_S,
    )


def test_the_wheel_has_the_files_of_the_repository_that_the_program_reads(wheel: Path) -> None:
    files = ["pipeline", "config", "dbt", "luigi.cfg", "docs", "README.md", "CONTRIBUTING.md", "CHANGELOG.md"]
    git = ["git", "-c", "safe.directory=*", "ls-files", *files]
    listed = subprocess.run(git, cwd=HERE, text=True, capture_output=True, check=True).stdout.splitlines()
    expected = {path if path.startswith("pipeline/") else f"pipeline/{path}" for path in listed}
    with zipfile.ZipFile(wheel) as archive:
        assert {name for name in archive.namelist() if ".dist-info/" not in name} == expected
        (entry_points,) = (name for name in archive.namelist() if name.endswith("entry_points.txt"))
        assert "nyc-mobility = pipeline.cli:main" in archive.read(entry_points).decode()


def test_a_month_is_built_from_the_wheel_and_only_the_data_folder_is_written(
    site: Path, workspace: Workspace, tmp_path: Path
) -> None:
    before = {path: path.stat().st_mtime_ns for path in site.rglob("*")}
    home, urls = tmp_path / "home", {key: value for key, value in workspace.variables.items() if key.endswith("_URL")}
    ended = run(site, home, "month", "2024-01", "--sources", "citibike_jc", **urls)
    assert ended.returncode == 0, ended.stderr
    data = home / ".local/share/nyc-mobility"
    assert "Citi Bike" in (data / "reports/2024-01.html").read_text()
    assert [path.name for path in home.iterdir() if path.name != "empty"] == [".local"]
    assert list((home / "empty").iterdir()) == []
    assert {path: path.stat().st_mtime_ns for path in site.rglob("*")} == before
    shown = run(site, home, "status")
    assert "2024-01" in shown.stdout, shown.stderr
    shown = run(site, home, "metrics", "list", "metrics")
    assert "total_trips" in shown.stdout, shown.stderr


def test_a_user_copies_the_settings_and_adds_a_source(site: Path, tmp_path: Path) -> None:
    assert "nyc-mobility [OPTIONS] COMMAND" in run(site, tmp_path, "--help").stdout
    own = tmp_path / ".config/nyc-mobility"
    copied = run(site, tmp_path, "config", "--copy")
    assert copied.stdout.split() == [str(own / name) for name in ("luigi.cfg", "config", "dbt")], copied.stderr
    (own / "config/sources/again.yaml").write_text(OTHER_SOURCE)
    refused = run(site, tmp_path, "month", "2024-01", "--sources", "never")
    assert "config/sources/ has again, citibike" in refused.stderr
    shutil.rmtree(own / "dbt")
    shown = run(site, tmp_path, "config").stdout.split()
    assert str(own / "config") in shown and str(site / "pipeline/dbt") in shown
