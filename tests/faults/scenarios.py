"""The scenarios of test_campaign.py: commands that are killed, and the commands that finish their work."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from tests.faults.killing import (
    DBT,
    FILE,
    START,
    STEPS,
    Command,
    luigi,
    run_of,
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
        con.execute("delete from raw_data.loads where source = 'green_taxi' and source_month = '2024-01-01'")
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
    "Explore",
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
