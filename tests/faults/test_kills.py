"""A range that is killed is finished by the next run, and gives what one gives that nobody disturbed.

The long form, of every verb and with as many kills as are asked for, is test_campaign.py.
"""

import random
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from pipeline.sample.generate import generate
from pipeline.sample.server import serve
from tests.conftest import Place, made_once
from tests.faults.contents import check, state, verified
from tests.faults.killing import MAIN, STEPS, TREE, Kill, killed, luigi, run, seconds_of_steps

MONTHS = [date(2024, 1, 1), date(2024, 2, 1)]
SHARED_RIDES = {"citibike": {"in_two_files": 30, "began_month_before": 20}}
"""Rides that stand in two files: what counts in a month depends on the month before."""
RANGE = luigi("RangeMonthly", "--of", "RunMonth", "--start", "2024-01", "--stop", "2024-03")


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, known: Callable[[Place], Place]) -> Iterator[Place]:
    """The range in one source, as it ends where nothing is killed."""

    def make(folder: Path) -> None:
        sources = ["citibike", "weather", "taxi_zones", "taxi_zone_polygons"]
        generate(
            folder / "upstream",
            MONTHS,
            sources=sources,
            rows={"citibike": 800},
            anomalous_months=MONTHS[1:],
            anomalies=SHARED_RIDES,
        )
        with serve(folder / "upstream") as upstream:
            place = known(Place(folder / "data", upstream, {"MOBILITY_SOURCES": "citibike"}))
            run(place, RANGE)
            (folder / "verified").write_text(verified(place))  # here, as it takes the folder's lock

    made = made_once(tmp_path_factory, "undisturbed", make)
    with serve(made / "upstream") as upstream:
        yield Place(made / "data", upstream, {"MOBILITY_SOURCES": "citibike"})


@pytest.fixture(scope="session")
def expected(undisturbed: Place) -> dict[str, object]:
    return state(undisturbed) | {"verify": (undisturbed.data.parent / "verified").read_text()}


@pytest.mark.parametrize(("victim", "steps"), [(TREE, STEPS[::2]), (MAIN, STEPS[1::2])], ids=[TREE, MAIN])
def test_a_range_that_is_killed_again_and_again_ends_as_if_undisturbed(
    undisturbed: Place,
    expected: dict[str, object],
    known: Callable[[Place], Place],
    tmp_path: Path,
    victim: str,
    steps: tuple[str, ...],
) -> None:
    place = known(Place(tmp_path / "data", undisturbed.upstream, undisturbed.environment))
    draw, seconds, kills = random.Random(victim), seconds_of_steps(undisturbed.data), list[Kill]()
    for step in steps:
        kills.append(Kill(step, victim, delay=draw.random() * seconds[step] / 2))
        assert killed(place, kills[-1], RANGE), f"{kills[-1]}: the range had ended before"
    run(place, RANGE)
    check(place, expected, "; ".join(map(str, kills)))
