"""The long form of test_kills.py: commands of every verb that changes something, each killed at another moment.

``./run.sh test tests/faults/test_campaign.py --kills 100`` kills a hundred of them; ``--kills-seed 2`` draws other
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
from datetime import date
from functools import cache
from pathlib import Path

import duckdb
import pytest

from pipeline.sample.generate import generate
from pipeline.sample.server import Fault, Upstream, serve
from tests.conftest import Place, made_once
from tests.faults.contents import check, state, verified
from tests.faults.killing import (
    DBT,
    FILE,
    MAIN,
    START,
    STEPS,
    TREE,
    Command,
    Kill,
    killed,
    luigi,
    run,
    run_of,
    seconds_of_steps,
    verb,
)

MONTHS = [date(2024, 1, 1), date(2024, 2, 1), date(2024, 3, 1)]
SOURCES = ("citibike", "green_taxi")
SHARED_RIDES = {"citibike": {"in_two_files": 30, "began_month_before": 20, "exact_duplicate": 5}}
"""Rides that stand in two files: each month's verdicts depend on the month before."""
FILE_OF_THE_MONTH = "trip-data/green_tripdata_2024-02.parquet"
AGREES = "all receipts agree"


def months_since_the_first() -> int:
    today = date.today()
    return 12 * (today.year - MONTHS[0].year) + today.month - MONTHS[0].month


@dataclass(frozen=True)
class Scenario:
    """A command that is killed, the commands that finish it, and what the data folder then holds.

    They are the same command and ``rest``, where ``finish`` names no others. The folder then holds what it holds where
    ``command`` and ``rest`` ran undisturbed, or, where ``same_as`` is given, what it holds after that scenario.
    ``start`` is the scenario that it follows; without one it starts from nothing. ``before`` changes the data folder
    first. ``checked`` is a command that finishes something else: after it, what is left of the killed one must be
    named by ``status`` and ``verify``.
    """

    command: Command
    events: tuple[str, ...]
    start: str = ""
    upstream: str = "original"
    before: Callable[[Path], None] = lambda data: None
    checked: Command = ()
    finish: tuple[Command, ...] = ()
    rest: tuple[Command, ...] = ()
    same_as: str = ""
    code: int = 0


def damage(data: Path) -> None:
    """Rows and a file are lost: what ``verify`` names and ``--repair`` brings back."""
    with duckdb.connect(data / "warehouse/nyc_mobility.duckdb") as con:
        con.execute("delete from raw_data.green_taxi where source_month = '2024-01-01' and source_row < 10")
        con.execute("delete from core.fct_trips where source_month = '2024-03-01' and source = 'citibike'")
    (data / "landing/citibike/2024-02.csv.zip").write_bytes(b"lost")


RANGE = luigi("RangeMonthly", "--of", "RunMonth", "--start", "2024-01", "--stop", "2024-04")
FORGET = verb("forget", "2024-02")
FORGET_SOURCE = verb("forget", "2024-02", "--source", "green_taxi")
REFRESH = verb("refresh", "--months", str(months_since_the_first()), "--workers", "2")
ACCEPT = verb("accept", "2024-02", "--reason", "a test")
BESIDE = (run_of("2024-01"), run_of("2024-03"))
OF_A_VERB = (DBT, FILE, DBT, FILE, START)
OF_A_REFRESH = (
    DBT,
    "Load",
    FILE,
    "Publish",
    "Judge",
    FILE,
    "CheckForReissue",
    "Convert",
    "Measure",
    "Report",
    "RunMonth",
    START,
)
SCENARIOS: Mapping[str, Scenario] = {
    "range": Scenario(RANGE, (*STEPS, FILE, START, "Validate", "RunMonth", FILE, START)),
    "catchup": Scenario(verb("catchup", "--start", "2024-01", "--workers", "2"), (*STEPS, FILE, START), code=20),
    "refresh": Scenario(REFRESH, OF_A_REFRESH, start="range", upstream="reissued"),
    "refresh, then a run of the month": Scenario(
        REFRESH,
        OF_A_REFRESH,
        start="range",
        upstream="reissued",
        finish=(run_of("2024-02"), REFRESH),
        same_as="refresh",
    ),
    "forget": Scenario(FORGET, OF_A_VERB, start="range", rest=BESIDE),
    "forget, then a run of another month": Scenario(
        FORGET,
        OF_A_VERB,
        start="range",
        checked=run_of("2024-01"),
        finish=(FORGET, *BESIDE),
        same_as="forget",
    ),
    "forget, then a run of the month": Scenario(
        FORGET, OF_A_VERB, start="range", finish=(run_of("2024-02"), *BESIDE), same_as="range"
    ),
    "forget a source": Scenario(FORGET_SOURCE, OF_A_VERB, start="range", rest=BESIDE),
    "forget a source, then a run of another month": Scenario(
        FORGET_SOURCE,
        OF_A_VERB,
        start="range",
        checked=run_of("2024-03"),
        finish=(FORGET_SOURCE, *BESIDE),
        same_as="forget a source",
    ),
    "forget a source, then a run of the month": Scenario(
        FORGET_SOURCE, OF_A_VERB, start="range", finish=(run_of("2024-02"), *BESIDE), same_as="range"
    ),
    "rejected": Scenario(RANGE, (*STEPS, "Validate"), upstream="damaged", code=30),
    "accept": Scenario(ACCEPT, (FILE, START), start="rejected", upstream="damaged", rest=(run_of("2024-02"),)),
    "repair": Scenario(
        verb("verify", "--repair"), (*STEPS, FILE, START), start="range", before=damage, same_as="range"
    ),
    "weather": Scenario(verb("weather"), ("WeatherSoFar", FILE, START), start="range"),
}


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

    def __init__(self, factory: pytest.TempPathFactory, known: Callable[[Place], Place]) -> None:
        self.factory = factory
        self.known = known
        self.upstreams: dict[str, Upstream] = {}

    def place(self, data: Path, scenario: Scenario) -> Place:
        """The data folder before its upstream, as the scenario finds it."""
        place = Place(data, self.upstreams[scenario.upstream], {"MOBILITY_SOURCES": ",".join(SOURCES)})
        place.environment["LUIGI_CONFIG_PATH"] = str(self.at_any_hour)
        if scenario.start:
            shutil.copytree(self.undisturbed(scenario.start) / "data", data, symlinks=True)
        else:
            self.known(place)
        scenario.before(data)
        return place

    @property
    def at_any_hour(self) -> Path:
        """A configuration in which ``weather`` has no hours without work."""

        def make(folder: Path) -> None:
            folder.mkdir()
            (folder / "luigi.cfg").write_text("[mobility]\nmaintenance =\n")

        return made_once(self.factory, "kills-configuration", make) / "luigi.cfg"

    def undisturbed(self, name: str) -> Path:
        """A folder with the data folder after the scenario without a kill, what that took, and what ``verify`` says."""
        scenario = SCENARIOS[name]

        def make(folder: Path) -> None:
            folder.mkdir()
            place = self.place(folder / "data", scenario)
            began = time.monotonic()
            run(place, scenario.command, scenario.code)
            (folder / "seconds").write_text(str(time.monotonic() - began))
            for command in scenario.rest:
                run(place, command)
            (folder / "verified").write_text(verified(place))

        return made_once(self.factory, f"kills-{name}".replace(" ", "-"), make)

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
    return state(Place(folder / "data", upstream)) | {"verify": (folder / "verified").read_text()}


@pytest.fixture(scope="session")
def campaign(tmp_path_factory: pytest.TempPathFactory, known: Callable[[Place], Place]) -> Iterator[Campaign]:
    def original(root: Path) -> None:
        sources = [*SOURCES, "weather", "taxi_zones", "taxi_zone_polygons"]
        rows = {"citibike": 1500, "green_taxi": 600}
        generate(root, MONTHS, sources=sources, rows=rows, anomalous_months=MONTHS[1:], anomalies=SHARED_RIDES)

    def reissued(root: Path) -> None:
        """With other rides in both files of a month, so that other ones of the month after it are in two files."""
        shutil.copytree(made_once(tmp_path_factory, "kills-upstream", original), root)
        generate(root, MONTHS[1:2], sources=SOURCES, rows={"citibike": 1200, "green_taxi": 500}, seed=2)

    campaign = Campaign(tmp_path_factory, known)
    with ExitStack() as servers:
        root = made_once(tmp_path_factory, "kills-upstream", original)
        campaign.upstreams = {
            "original": servers.enter_context(serve(root)),
            "reissued": servers.enter_context(serve(made_once(tmp_path_factory, "kills-reissued", reissued))),
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
        place = campaign.place(tmp_path / "data", scenario)
        if killed(place, kill, scenario.command):
            break
        assert kill.nth > 1 or kill.delay > 0.01, f"{kill}: {scenario.command} ended before"
        shutil.rmtree(place.data)
        kill = replace(kill, nth=-(-kill.nth // 2), delay=kill.delay / 2)
    context = f"{planned} (seed {planned.seed}): {' '.join(scenario.command)} killed, {kill}"
    if scenario.checked:
        run(place, scenario.checked)
        check_that_leftovers_are_named(place, context)
    for command in scenario.finish or (scenario.command, *scenario.rest):
        run(place, command, scenario.code if command == scenario.command else 0)
    check(place, expected, context)


def check_that_leftovers_are_named(place: Place, context: str) -> None:
    """Facts of the month are those of a month that is complete, or ``verify`` and ``status`` name what is not."""
    facts = place.query("select count(*) from core.fct_trips where source_month = '2024-02-01'")[0][0]
    months = {month["month"]: month for month in json.loads(place.verb("status", "--json").stdout)}
    found = verified(place)
    if facts:
        is_complete = "2024-02" in months and months["2024-02"]["complete"] == "yes"
        is_named = "2024-02" in months and "2024-02" in found
        assert is_named or (is_complete and AGREES in found), "\n".join(
            [context, f"{facts} facts of 2024-02 are left", found, f"status: {months.get('2024-02', 'nothing')}"]
        )
