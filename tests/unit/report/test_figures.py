"""The figures of a month, read from published Parquet."""

from datetime import date
from pathlib import Path

import pytest

from pipeline.errors import BadInput
from pipeline.report.figures import figures
from tests.unit.report.published_month import JANUARY


def test_figures_are_those_of_the_published_files(january: Path) -> None:
    found = figures(january, JANUARY)
    assert found.headline["total_trips"] == 1500
    assert [(mode["trip_type"], mode["total_trips"]) for mode in found.modes] == [
        ("yellow_taxi", 1000),
        ("citibike", 500),
    ]
    assert len(found.days) == 2 * 31 and len(found.hours) == 2 * 7 * 24
    assert {zone["zone_name"] for zone in found.zones} == {"Newark Airport", "Jamaica Bay", "Unknown", "Outside NYC"}
    assert [line["source"] for line in found.ledger] == ["citibike", "weather", "yellow_taxi"]


def test_weather_is_that_of_the_hours_of_the_month_only(january: Path) -> None:
    found = figures(january, JANUARY)
    assert (found.weather["known_hours"], found.weather["rain_hours"]) == (31 * 24, 18)
    assert [row["day"] for row in found.weather_days] == [date(2024, 1, day) for day in range(1, 32)]


def test_a_month_that_is_not_published_is_refused_with_the_missing_file(january: Path) -> None:
    with pytest.raises(BadInput, match=r"month=2024-02/headline\.parquet does not exist; publish the month first"):
        figures(january, date(2024, 2, 1))
