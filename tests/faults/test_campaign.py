"""The long form of test_kills.py: commands of every verb that changes something, each killed at another moment.

``./run.sh test --kills 100`` kills a hundred of them; ``--kills-seed 2`` draws other
moments. The name of a test has the number of its kill and the command. The same number and seed give the same moment,
and a failure names it: ``-k "[17:"`` with the same two options repeats it.
"""

import json
import os
import random
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import duckdb
import pytest

from pipeline.sample.generate import generate
from pipeline.sample.server import Fault, Upstream, serve
from tests.conftest import Workspace, create_once
from tests.faults.contents import check, state, verified
from tests.faults.killing import (
    FILE,
    MAIN,
    START,
    TREE,
    Command,
    Kill,
    killed,
    run,
    seconds_of_steps,
)
from tests.faults.scenarios import AGREES, FILE_OF_THE_MONTH, MONTHS, SCENARIOS, SHARED_RIDES, SOURCES, Scenario


@dataclass(frozen=True)
class Planned:
    """The kill that has this number in a campaign."""

    number: int
    seed: int = 1

    @property
    def name(self) -> str:
        return [*SCENARIOS][self.number % len(SCENARIOS)]

    @property
    def scenario(self) -> Scenario:
        return SCENARIOS[self.name]

    def kill(self, seconds: Mapping[str, float]) -> Kill:
        """Within the time that the step took where nothing was killed."""
        draw = random.Random(f"{self.seed} {self.number}")
        event = self.scenario.events[self.number // len(SCENARIOS) % len(self.scenario.events)]
        of_each_file = not self.scenario.start and event in {"Download", "Convert", "Load"}
        nth = draw.randint(1, 50 if event == FILE else 6 if of_each_file else 1)
        return Kill(event, draw.choice([TREE, MAIN]), nth, draw.random() * seconds.get(event, 0))

    def __str__(self) -> str:
        return f"{self.number}: {self.name}"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "planned" in metafunc.fixturenames:
        number, seed = metafunc.config.getoption("kills"), metafunc.config.getoption("kills_seed")
        metafunc.parametrize("planned", [Planned(number, seed) for number in range(number)], ids=str)


class Campaign:
    """The upstreams, and the scenarios as they end where nothing is killed, each made once for all workers."""

    def __init__(self, factory: pytest.TempPathFactory, with_project_files: Callable[[Workspace], Workspace]) -> None:
        self.factory = factory
        self.with_project_files = with_project_files
        self.upstreams: dict[str, Upstream] = {}

    def workspace(self, data: Path, scenario: Scenario) -> Workspace:
        """The data folder before its upstream, as the scenario finds it."""
        workspace = Workspace(data, self.upstreams[scenario.upstream], {"MOBILITY_SOURCES": ",".join(SOURCES)})
        workspace.environment["LUIGI_CONFIG_PATH"] = str(self.at_any_hour)
        if scenario.start:
            shutil.copytree(self.undisturbed(scenario.start) / "data", data, symlinks=True)
        else:
            self.with_project_files(workspace)
        scenario.before(data)
        return workspace

    @property
    def at_any_hour(self) -> Path:
        """A configuration in which ``weather`` has no hours without work."""

        def make(folder: Path) -> None:
            folder.mkdir()
            (folder / "luigi.cfg").write_text("[mobility]\nmaintenance =\n")

        return create_once(self.factory, "kills-configuration", make) / "luigi.cfg"

    def undisturbed(self, name: str) -> Path:
        """A folder with the data folder after the scenario without a kill, what that took, and what ``verify`` says."""
        scenario = SCENARIOS[name]

        def make(folder: Path) -> None:
            folder.mkdir()
            workspace = self.workspace(folder / "data", scenario)
            began = time.monotonic()
            run(workspace, scenario.command, scenario.code)
            (folder / "seconds").write_text(str(time.monotonic() - began))
            for command in scenario.rest:
                run(workspace, command)
            (folder / "verified").write_text(verified(workspace))

        return create_once(self.factory, f"kills-{name}".replace(" ", "-"), make)

    def expected(self, name: str) -> dict[str, object]:
        scenario = SCENARIOS[name]
        return expected_in(self.undisturbed(scenario.same_as or name), self.upstreams[scenario.upstream])

    def seconds(self, name: str) -> dict[str, float]:
        """What each step of the scenario took, at most."""
        first = next(one for one in SCENARIOS if SCENARIOS[one].command == SCENARIOS[name].command)
        folder = self.undisturbed(first)
        return seconds_of_steps(folder / "data") | {START: float((folder / "seconds").read_text())}


@cache
def expected_in(folder: Path, upstream: Upstream) -> dict[str, object]:
    return state(Workspace(folder / "data", upstream)) | {"verify": (folder / "verified").read_text()}


@pytest.fixture(scope="session")
def campaign(
    tmp_path_factory: pytest.TempPathFactory, with_project_files: Callable[[Workspace], Workspace]
) -> Iterator[Campaign]:
    def original(root: Path) -> None:
        sources = [*SOURCES, "weather", "taxi_zones", "taxi_zone_polygons"]
        rows = {"citibike": 1500, "green_taxi": 600}
        generate(root, MONTHS, sources=sources, rows=rows, anomalous_months=MONTHS[1:], anomalies=SHARED_RIDES)

    def reissued(root: Path) -> None:
        """With other rides in both files of a month, so that other ones of the month after it are in two files."""
        shutil.copytree(create_once(tmp_path_factory, "kills-upstream", original), root)
        generate(root, MONTHS[1:2], sources=SOURCES, rows={"citibike": 1200, "green_taxi": 500}, seed=2)

    campaign = Campaign(tmp_path_factory, with_project_files)
    with ExitStack() as servers:
        root = create_once(tmp_path_factory, "kills-upstream", original)
        campaign.upstreams = {
            "original": servers.enter_context(serve(root)),
            "reissued": servers.enter_context(serve(create_once(tmp_path_factory, "kills-reissued", reissued))),
            "damaged": servers.enter_context(serve(root)),
        }
        campaign.upstreams["damaged"].faults = [Fault(FILE_OF_THE_MONTH, body=exchanged(root))]
        yield campaign


@cache
def exchanged(root: Path) -> bytes:
    """The month's green trips with beginnings and ends exchanged: a file for which the month is rejected."""
    columns = "lpep_dropoff_datetime as lpep_pickup_datetime, lpep_pickup_datetime as lpep_dropoff_datetime"
    damaged = root.with_name(f"damaged-{os.getpid()}.parquet")
    duckdb.execute(
        f"copy (select * replace ({columns}) from '{root / FILE_OF_THE_MONTH}') to '{damaged}' (format parquet)"
    )
    return damaged.read_bytes()


def test_a_command_that_is_killed_is_finished_by_the_next(campaign: Campaign, planned: Planned, tmp_path: Path) -> None:
    scenario, expected = planned.scenario, campaign.expected(planned.name)
    kill = planned.kill(campaign.seconds(planned.name))
    while True:
        workspace = campaign.workspace(tmp_path / "data", scenario)
        if killed(workspace, kill, scenario.command):
            break
        assert kill.nth > 1 or kill.delay > 0.01, f"{kill}: {scenario.command} ended before"
        shutil.rmtree(workspace.data)
        kill = replace(kill, nth=-(-kill.nth // 2), delay=kill.delay / 2)
    context = f"{planned} (seed {planned.seed}): {' '.join(scenario.command)} killed, {kill}"
    if scenario.checked:
        run(workspace, scenario.checked)
        check_that_leftovers_are_named(workspace, context)
    for command in scenario.finish or (scenario.command, *scenario.rest):
        if not was_done(workspace, command):
            run(workspace, command, scenario.code if command == scenario.command else 0)
    check(workspace, expected, context)


def was_done(workspace: Workspace, command: Command) -> bool:
    """Whether it is a ``forget`` that was killed after its last deletion: what is not stored is refused."""
    source = command[-1] if "--source" in command else "*"
    return "forget" in command and not list(workspace.data.glob(f"landing/{source}/2024-02.json"))


def check_that_leftovers_are_named(workspace: Workspace, context: str) -> None:
    """Facts of the month are those of a month that is complete, or ``verify`` and ``status`` name what is not."""
    facts = workspace.query("select count(*) from core.fct_trips where source_month = '2024-02-01'")[0][0]
    months = {month["month"]: month for month in json.loads(workspace.command("status", "--json").stdout)}
    found = verified(workspace)
    if facts:
        is_complete = "2024-02" in months and months["2024-02"]["complete"] == "yes"
        is_named = "2024-02" in months and "2024-02" in found
        assert is_named or (is_complete and AGREES in found), "\n".join(
            [context, f"{facts} facts of 2024-02 are left", found, f"status: {months.get('2024-02', 'nothing')}"]
        )
