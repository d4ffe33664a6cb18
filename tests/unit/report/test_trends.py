"""Trips and effects of the weather by month."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pipeline.months import month_range
from pipeline.report.trends import effect_label, rain_answers, significant_months, trends, year_labels
from tests.unit.report.published_month import JANUARY, write

MARCH = date(2024, 3, 1)


@pytest.fixture
def two_months(published: Path) -> Path:
    """January, and a March that has for-hire trips only; February is not published."""
    march = "timestamp '2024-03-01' as metric_time__month, 'hvfhv' as trip__trip_type, 5 as total_trips"
    write(published / "metrics/month=2024-03", "by_mode", f"select {march}, 1.5 as total_revenue")
    return published


def test_the_axis_has_every_month_between_the_published_ones(two_months: Path) -> None:
    found = trends(two_months)
    assert found.months == [JANUARY, MARCH]
    assert found.span == [JANUARY, date(2024, 2, 1), MARCH]
    assert found.modes == ["yellow_taxi", "citibike", "hvfhv"]
    assert [bar["at"] for bar in found.strips[2]["bars"]] == [2]
    assert found.strips[2]["bars"][0]["label"] == "March 2024: 5 Uber and Lyft trips"
    assert found.sources == {JANUARY: ["citibike", "weather", "yellow_taxi"]}


def test_effects_are_drawn_on_a_common_axis(two_months: Path) -> None:
    effects = {one["condition"]: one["strips"] for one in trends(two_months).effects}
    assert [strip["mode"] for strip in effects["rain"]] == ["yellow_taxi", "citibike"]
    bar = effects["rain"][1]["bars"][0]
    assert bar == {
        "at": 0,
        "is_significant": True,
        "label": "January 2024, Citi Bike: −32% (−47% to −12%)",
        "low": 73.3,
        "effect": 65.75,
        "high": 56.1,
    }
    assert effects["cold"][0]["bars"][0]["high"] == 0, "250% is cut off at 100%"
    assert effects["snow"] == []


def test_nothing_is_published(tmp_path: Path) -> None:
    found = trends(tmp_path)
    assert (found.months, found.span, found.strips, found.answers) == ([], [], [], [])


def effect(percent: float, low: float, high: float, mode: str = "citibike") -> dict[str, Any]:
    bounds = {"effect_pct": percent, "low_pct": low, "high_pct": high, "q_value": 0.01}
    return {"month": JANUARY, "trip_type": mode, "condition": "rain", **bounds}


DOWN, UP, UNCLEAR = effect(-32, -47, -12), effect(6, 2, 9), effect(1, -5, 7)


@pytest.mark.parametrize(
    ("effects", "text"),
    [
        ([DOWN], "significantly down in 1 of 1 month"),
        ([UP, UP, UNCLEAR], "significantly up in 2 of 3 months"),
        ([DOWN, UP, DOWN], "significantly down in 2 and up in 1 of 3 months"),
        ([UNCLEAR, UNCLEAR], "no significant change in 2 months"),
    ],
)
def test_months_with_significant_effects_are_counted(effects: list[dict[str, Any]], text: str) -> None:
    assert significant_months(effects) == text


def test_the_effect_of_rain_on_each_mode_in_the_median_month() -> None:
    taxi = effect(6, 2, 9, "yellow_taxi")
    assert rain_answers(["yellow_taxi", "citibike", "fhv"], [DOWN, effect(-10, -12, -8), UNCLEAR, taxi]) == [
        "Yellow taxi: median month +6%; significantly up in 1 of 1 month",
        "Citi Bike: median month −10%; significantly down in 2 of 3 months",
    ]


def test_an_effect_has_its_month_mode_and_interval() -> None:
    assert effect_label(DOWN) == "January 2024, Citi Bike: −32% (−47% to −12%)"


def test_the_first_year_has_no_label_if_the_second_would_cover_it() -> None:
    assert year_labels(month_range(date(2023, 1, 1), MARCH)) == [{"year": 2023, "at": 0}, {"year": 2024, "at": 12}]
    assert year_labels(month_range(date(2022, 12, 1), MARCH)) == [{"year": 2023, "at": 1}, {"year": 2024, "at": 13}]
