"""What the tests share: a generated upstream, served on loopback, and runs of the real commands over it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import hypothesis
import pytest
from filelock import FileLock

from pipeline.sample.generate import ANOMALIES, DEMO_SOURCES, generate
from pipeline.sample.server import Upstream, serve

# The first example pays for imports, on a machine that may be busy: how long one takes proves nothing.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")

HERE = Path(__file__).parent.parent
MONTHS = (date(2024, 1, 1), date(2024, 2, 1), date(2024, 3, 1))
DIRTY = date(2024, 2, 1)
PROJECTS_OWN = ("metrics.html", "models.html", "models.json")
"""Reports that say what the project is, whatever the months hold."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--kills", type=int, default=0, help="how many commands tests/faults/test_campaign.py kills")
    parser.addoption("--kills-seed", type=int, default=1, help="another seed draws other moments of these kills")


@dataclass
class Place:
    """A data folder, the upstream it is fed from, and commands run on it as a user would."""

    data: Path
    upstream: Upstream
    environment: dict[str, str] = field(default_factory=dict)
    project: Path = HERE

    @property
    def variables(self) -> dict[str, str]:
        """The environment of a command that works on this data folder."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("MOBILITY_")}
        own = {
            "MOBILITY_DATA": str(self.data),
            "TLC_URL": self.upstream.url,
            "CITIBIKE_URL": f"{self.upstream.url}/tripdata",
            "OPEN_METEO_URL": self.upstream.url,
        }
        return inherited | own | self.environment

    def run(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [Path(sys.executable).with_name(words[0]), *words[1:]],
            cwd=self.project,
            env=self.variables | environment,
            text=True,
            capture_output=True,
            check=False,
            timeout=300,
        )

    def luigi(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return self.run("luigi", "--module", "pipeline", *words, "--local-scheduler", **environment)

    def month(self, month: str, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return self.luigi("RunMonth", "--month", month, *words, **environment)

    def verb(self, *words: str) -> subprocess.CompletedProcess[str]:
        return self.run("python", "-m", "pipeline", *words)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a query on the warehouse."""
        with duckdb.connect(self.data / "warehouse/nyc_mobility.duckdb", read_only=True) as con:
            return con.execute(sql).fetchall()

    def files(self) -> set[str]:
        """Everything that lies in the data folder, by its path in there."""
        return {str(path.relative_to(self.data)) for path in self.data.rglob("*") if path.is_file()}

    def asked(self, method: str = "GET") -> list[str]:
        """Paths asked for so far."""
        return [asked.path.split("?")[0].lstrip("/") for asked in self.upstream.requests if asked.method == method]


def made_once(tmp_path_factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A folder that is made once for all of pytest's workers, by the first that needs it."""
    root = tmp_path_factory.getbasetemp()
    folder = (root.parent if "PYTEST_XDIST_WORKER" in os.environ else root) / name
    with FileLock(f"{folder}.lock"):
        if not folder.exists():
            part = folder.with_name(f"{name}.part")
            shutil.rmtree(part, ignore_errors=True)  # of a worker that failed
            make(part)
            part.rename(folder)
    return folder


@pytest.fixture(scope="session")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small upstream of three months, the middle one dirty; read only."""

    def make(root: Path) -> None:
        few = {**ANOMALIES, "citibike": {**ANOMALIES["citibike"], "unreadable": 1}, "citibike_jc": {"unreadable": 1}}
        sources = (*DEMO_SOURCES, "green_taxi", "citibike_jc")
        generate(
            root,
            MONTHS,
            sources=sources,
            rows={"citibike_jc": 8000},
            scale=0.25,
            anomalous_months=[DIRTY],
            anomalies=few,
        )

    return made_once(tmp_path_factory, "generated", make)


@pytest.fixture
def place(generated: Path, tmp_path: Path) -> Iterator[Place]:
    """An empty data folder before the generated upstream, of which this test has its own copy."""
    root = tmp_path / "upstream"
    shutil.copytree(generated, root)
    with serve(root) as upstream:
        yield Place(tmp_path / "data", upstream)


@pytest.fixture(scope="session")
def finished(generated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The three months, run as a range: for tests that look and change nothing."""
    with serve(generated) as upstream:

        def make(folder: Path) -> None:
            words = ("--start", "2024-01", "--stop", "2024-04", "--workers", "2")
            ended = Place(folder, upstream).luigi("RangeMonthly", "--of", "RunMonth", *words)
            assert ended.returncode == 0, ended.stderr

        made = made_once(tmp_path_factory, "finished", make)
        place = Place(tmp_path_factory.mktemp("finished") / "data", upstream)
        shutil.copytree(made, place.data, symlinks=True)
        yield place


@pytest.fixture(scope="session")
def known(finished: Place) -> Callable[[Place], Place]:
    """Makes of an empty data folder one that has all that depends on the project alone, as after a first month.

    That is what dbt has parsed, MetricFlow planned and the models' documentation: ``finished`` shows that they come of
    nothing, and that they take half of a small month's time.
    """

    def knowing(place: Place) -> Place:
        target, reports = finished.data / "dbt/target", finished.data / "reports"
        shutil.copytree(target, place.data / "dbt/target", ignore=shutil.ignore_patterns("compiled", "run*"))
        shutil.copytree(reports, place.data / "reports", ignore=lambda _, names: {*names} - {*PROJECTS_OWN})
        return place

    return knowing


@pytest.fixture(scope="session")
def chromium() -> str:
    """The program of an installed Chromium; tests that use it have the marker ``browser``."""
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    assert program, "no Chromium is installed (Debian: apt install chromium); -m 'not browser' runs the other tests"
    return program


@pytest.fixture
def copy_of(finished: Place, tmp_path: Path) -> Callable[[], Place]:
    """A copy of the finished data folder, before the same upstream, to change."""

    def copied() -> Place:
        shutil.copytree(finished.data, tmp_path / "data", symlinks=True)
        return Place(tmp_path / "data", finished.upstream)

    return copied
