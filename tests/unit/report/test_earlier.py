"""Changes against earlier months, and sources that are missing."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

from pipeline.report.earlier import (
    Change,
    EarlierMonth,
    changes,
    earlier_months,
    missing_sources,
    no_change_note,
    sources_of_mode,
)
from tests.unit.report.published_month import JANUARY, write

DECEMBER, YEAR_BEFORE = date(2023, 12, 1), date(2023, 1, 1)
MODES = [{"trip_type": "yellow_taxi", "total_trips": 1000}, {"trip_type": "citibike", "total_trips": 500}]
LOADED = frozenset({"yellow_taxi", "citibike"})


def test_a_month_is_compared_with_the_month_before_and_the_year_before(published: Path) -> None:
    modes = "select 'yellow_taxi' as trip__trip_type, 500 as total_trips"
    write(published / "metrics/month=2023-12", "by_mode", modes)
    write(
        published / "month_ledger/month=2023-12", "month_ledger", "select unnest(['yellow_taxi', 'weather']) as source"
    )
    assert earlier_months(published, JANUARY) == [
        EarlierMonth(DECEMBER, {"yellow_taxi": 500}, frozenset({"yellow_taxi"})),
        EarlierMonth(YEAR_BEFORE, None, frozenset()),
    ]


def compare(trips: Mapping[str, int] | None, *sources: str) -> dict[str | None, list[Change]]:
    return changes(MODES, LOADED, [EarlierMonth(DECEMBER, trips, frozenset(sources))])


def test_the_change_of_each_mode_and_of_all_trips() -> None:
    found = compare({"yellow_taxi": 500, "citibike": 1000}, "yellow_taxi", "citibike")
    assert {mode: change.percent for mode, (change,) in found.items()} == {
        "yellow_taxi": 100,
        "citibike": -50,
        None: 0,
    }
    assert no_change_note(found) == ""


def test_modes_with_different_sources_are_not_compared() -> None:
    found = compare({"yellow_taxi": 500, "citibike": 600}, "yellow_taxi", "citibike", "citibike_jc")
    assert [change.percent for (change,) in found.values()] == [100, None, None]
    assert no_change_note(found) == "Dec 2023 (different sources of Citi Bike and all trips)"


def test_a_mode_without_trips_before_is_not_compared() -> None:
    found = compare({"yellow_taxi": 500}, "yellow_taxi", "citibike")
    assert no_change_note(found) == "Dec 2023 (no trips of Citi Bike)"


def test_months_that_are_not_published_have_one_note() -> None:
    earlier = [EarlierMonth(month, None, frozenset()) for month in (DECEMBER, YEAR_BEFORE)]
    assert no_change_note(changes(MODES, LOADED, earlier)) == "Dec 2023 and Jan 2023 (not in the warehouse)"


def test_the_sources_of_a_mode_are_those_of_its_trip_type() -> None:
    names = ["citibike", "citibike_jc", "fhv_taxi", "hvfhv_taxi", "weather", "yellow_taxi"]
    assert sources_of_mode("citibike", names) == {"citibike", "citibike_jc"}
    assert sources_of_mode("fhv", names) == {"fhv_taxi"}
    assert sources_of_mode(None, names) == set(names)


@pytest.mark.parametrize(
    ("as_of", "note"),
    [
        (
            date(2024, 3, 1),
            "Not included: For-hire vehicle trips (other than Uber and Lyft). NYC Taxi & Limousine Commission had "
            "probably not published January 2024 by 2024-03-01; it usually does so 47 to 110 days after the end of "
            "the month.",
        ),
        (date(2024, 9, 1), "Not included: For-hire vehicle trips (other than Uber and Lyft)."),
    ],
)
def test_a_missing_source_is_late_or_left_out(as_of: date, note: str) -> None:
    assert missing_sources(JANUARY, LOADED, as_of) == [note]


def test_a_source_is_not_missing_before_its_first_month() -> None:
    assert missing_sources(date(2013, 6, 1), LOADED, date(2024, 9, 1)) == []
