"""Fixtures of all tests: a generated upstream, served on loopback, and data folders of runs of the real commands."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import hypothesis
import pytest
from filelock import FileLock

from pipeline.database import ENGINES, Warehouse
from pipeline.sample.generate import ANOMALIES, DEMO_SOURCES, generate
from pipeline.sample.server import Upstream, serve
from pipeline.warehouse import raw

# The duration of an example depends on imports and on the load of the machine.
hypothesis.settings.register_profile("no_deadline", deadline=None)
hypothesis.settings.register_profile("long", deadline=None, max_examples=3_000)  # pytest --hypothesis-profile long
hypothesis.settings.load_profile("no_deadline")

# numpy reads it when it is imported. With a thread per core a test of matrices took 147 s on a busy machine, with one
# thread 0.8 s (2026-11).
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

HERE = Path(__file__).parent.parent
MONTHS = (date(2024, 1, 1), date(2024, 2, 1), date(2024, 3, 1))
ANOMALOUS_MONTH = date(2024, 2, 1)
PROJECT_REPORTS = (
    "explore.html",
    "explore/explore.js",
    "explore/vega.js",
    "metrics.html",
    "models.html",
    "models.json",
)
"""Reports that depend on the project alone, not on the months; those of docs/ as well."""

LONGEST_S = 900
"""Until a command is given up. Alone on two cores, none takes a tenth of it."""


LONG_FORMS = {
    "faults": ["tests/faults/test_fault_campaign.py", "tests/faults/test_disk_campaign.py"],
    "kills": ["tests/faults/test_campaign.py"],
    "fuzz_minutes": ["tests/faults", "tests/unit/ingest"],
}
"""The tests that an option for a long form runs, where none are named."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="run the tests that are marked as long as well")
    parser.addoption(
        "--engine", choices=ENGINES, default=ENGINES[0], help="spark: run the tests that need pyspark and Java, alone"
    )
    parser.addoption("--faults", action="store_true", help="run the campaigns of faults and of full disks")
    parser.addoption("--kills", type=int, default=0, help="how many commands tests/faults/test_campaign.py kills")
    parser.addoption("--kills-seed", type=int, default=1, help="another seed draws other moments of these kills")
    parser.addoption("--fuzz-minutes", type=float, default=0, help="repeat the tests with any bytes for so long in all")


def pytest_configure(config: pytest.Config) -> None:
    if config.args_source is pytest.Config.ArgsSource.TESTPATHS:
        config.args = [path for option, paths in LONG_FORMS.items() if config.getoption(option) for path in paths] or (
            config.args
        )


@pytest.hookimpl(trylast=True)  # after hypothesis has marked its tests
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    is_spark = config.getoption("engine") == "spark"
    deselected = [item for item in items if bool(item.get_closest_marker("spark")) != is_spark]
    if not config.getoption("long") and "long" not in config.getoption("markexpr"):
        deselected += [item for item in items if item.get_closest_marker("long")]
    config.hook.pytest_deselected(items=deselected)
    items[:] = [item for item in items if item not in deselected]
    if config.getoption("fuzz_minutes"):
        items[:] = [item for item in items if item.get_closest_marker("hypothesis")]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Repeat the test, each time with other examples, for its share of --fuzz-minutes."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    until = time.monotonic() + 60 * item.config.getoption("fuzz_minutes") * workers / len(item.session.items)
    yield
    while time.monotonic() < until:
        item.runtest()


@dataclass
class Workspace:
    """A data folder and its upstream, with commands that run as a user's do."""

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

    def run(self, program: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a program of this Python's environment, with further environment variables."""
        return subprocess.run(
            [Path(sys.executable).with_name(program), *arguments],
            cwd=self.project,
            env=self.variables | environment,
            text=True,
            capture_output=True,
            check=False,
            timeout=LONGEST_S,
        )

    def luigi(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return self.run("luigi", "--module", "pipeline", *arguments, "--local-scheduler", **environment)

    def run_month(self, month: str, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return self.luigi("RunMonth", "--month", month, *options, **environment)

    def transform(self, months: str, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run the steps of the months up to their marts. It takes a third of the time of a whole month."""
        return self.luigi("Transform", "--months", months, *options, **environment)

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command of ``python -m pipeline``."""
        return self.run("python", "-m", "pipeline", *arguments)

    def follow_folder(self) -> None:
        """Make the raw tables of a copied data folder read its own files, as a run and ``verify`` do."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("MOBILITY_DATA", str(self.data))
            raw.follow_folder(Warehouse(self.data / "warehouse/nyc_mobility.duckdb", self.data / "dbt", {}))

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a query on the warehouse."""
        with duckdb.connect(self.data / "warehouse/nyc_mobility.duckdb", read_only=True) as con:
            return con.execute(sql).fetchall()

    def files(self) -> set[str]:
        """The paths of all files, relative to the data folder."""
        return {str(path.relative_to(self.data)) for path in self.data.rglob("*") if path.is_file()}

    def requested_paths(self, method: str = "GET") -> list[str]:
        """The paths of all requests so far."""
        requests = self.upstream.requests
        return [request.path.split("?")[0].lstrip("/") for request in requests if request.method == method]


OWN_LINES = re.compile(
    r"""
    \d\d:\d\d:\d\d\ ((WARNING|ERROR\ \ )\ )?  # the time, and the level of what is no success
    (
        (\d{4}-\d\d(,\ |\ to\ )?)*(\ ?\w+)?:\ \w  # months and source
        |describ(ed|ing)|updated|\w+\ \d{4}-\d\d\ is\ not\ published
    )
    |(built|complete|done|rejected|failed|late|waiting|page|checks)\ +\S|\ {10}\S|$  # the summary
    """,
    re.VERBOSE,
)


def foreign_lines(output: str) -> list[str]:
    """The lines that a run prints and that are not the project's: those of a library, or of no month and source."""
    return [line for line in output.splitlines() if not OWN_LINES.match(line) or re.search(r"luigi|:\)", line, re.I)]


def create_once(tmp_path_factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A folder that all of pytest's workers share; the first that needs it creates it."""
    root = tmp_path_factory.getbasetemp()
    folder = (root.parent if "PYTEST_XDIST_WORKER" in os.environ else root) / name
    created = folder.with_name(f"{name}.created")
    with FileLock(f"{folder}.lock"):
        if not created.exists():
            shutil.rmtree(folder, ignore_errors=True)  # of a failed worker
            make(folder)
            created.touch()
    return folder


@pytest.fixture(scope="session")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small upstream of three months, the second one with anomalies. Tests must not change it."""

    def make(root: Path) -> None:
        anomalies = {
            **ANOMALIES,
            "citibike": {**ANOMALIES["citibike"], "unreadable": 1},
            "citibike_jc": {"unreadable": 1},
        }
        sources = (*DEMO_SOURCES, "green_taxi", "citibike_jc")
        generate(
            root,
            MONTHS,
            sources=sources,
            rows={"citibike_jc": 8000},
            scale=0.25,
            anomalous_months=[ANOMALOUS_MONTH],
            anomalies=anomalies,
        )

    return create_once(tmp_path_factory, "generated", make)


@pytest.fixture
def workspace(generated: Path, tmp_path: Path) -> Iterator[Workspace]:
    """An empty data folder with its own copy of the generated upstream."""
    root = tmp_path / "upstream"
    shutil.copytree(generated, root)
    with serve(root) as upstream:
        yield Workspace(tmp_path / "data", upstream)


@pytest.fixture(scope="session")
def finished(generated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """The data folder of a range of the three months. Tests must not change it."""
    with serve(generated) as upstream:

        def make(folder: Path) -> None:
            options = ("--start", "2024-01", "--stop", "2024-04", "--workers", "2")
            ended = Workspace(folder, upstream).luigi("RangeMonthly", "--of", "RunMonth", *options)
            assert ended.returncode == 0, ended.stderr
            assert foreign_lines(ended.stdout + ended.stderr) == []

        folder = create_once(tmp_path_factory, "finished", make)
        workspace = Workspace(tmp_path_factory.mktemp("finished") / "data", upstream)
        shutil.copytree(folder, workspace.data, symlinks=True)
        workspace.follow_folder()
        yield workspace


@pytest.fixture(scope="session")
def with_project_files(finished: Workspace) -> Callable[[Workspace], Workspace]:
    """Copy the files that depend on the project alone into an empty data folder, as they are after a first month.

    These are dbt's manifest, MetricFlow's plans and the documentation of models. They take half of the time of a small
    month; ``finished`` tests that they are created from nothing.
    """

    def copied_into(workspace: Workspace) -> Workspace:
        target, reports = finished.data / "dbt/target", finished.data / "reports"
        shutil.copytree(target, workspace.data / "dbt/target", ignore=shutil.ignore_patterns("compiled", "run*"))
        shutil.copytree(reports / "docs", workspace.data / "reports/docs")
        (workspace.data / "reports/explore").mkdir()
        for name in PROJECT_REPORTS:
            shutil.copy(reports / name, workspace.data / "reports" / name)
        return workspace

    return copied_into


@pytest.fixture(scope="session")
def chromium() -> str:
    """The program of an installed Chromium; tests that use it have the marker ``browser``."""
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    assert program, "no Chromium is installed (Debian: apt install chromium); -m 'not browser' runs the other tests"
    return program


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def copy_finished(finished: Workspace, tmp_path: Path) -> Callable[[], Workspace]:
    """Copy the finished data folder, with the same upstream, for tests that change it."""

    def copied() -> Workspace:
        shutil.copytree(finished.data, tmp_path / "data", symlinks=True)
        workspace = Workspace(tmp_path / "data", finished.upstream)
        workspace.follow_folder()
        return workspace

    return copied
