"""Trips and effects of the weather by month."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pipeline.months import month_range
from pipeline.report.trends import area_note, effect_label, trends, year_labels
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


DOWN = effect(-32, -47, -12)


def write_pooled(published: Path, effects: str) -> None:
    columns = "trip_type, condition, effect_pct, low_pct, high_pct, q_value, months, season, reason"
    write(
        published / "metrics",
        "weather_effects_pooled",
        f"""
        select * replace (effect_pct::double as effect_pct, low_pct::double as low_pct, high_pct::double as high_pct),
            'all' as pickup_borough
        from (values {effects}) as e ({columns})
    """,
    )


def test_the_index_leads_with_the_effects_over_all_months_and_marks_single_months(two_months: Path) -> None:
    write_pooled(
        two_months,
        """
        ('citibike', 'rain', -45.2, -55.0, -33.0, 0.001, 9, 'all', null),
        ('yellow_taxi', 'rain', 1.0, -9.0, 12.0, 0.7, 4, 'all', null),
        ('citibike', 'rain', -60.0, -70.0, -50.0, 0.001, 3, 'winter', null),
        ('citibike', 'snow', null, null, null, null, 1, 'all', 'estimated in 1 of the months')
    """,
    )
    found = trends(two_months)
    assert found.answers == [
        "Citi Bike rides fell 45% in rainy hours (95% CI 33–55%); "
        "no significant change in yellow taxi trips (−9% to +12%)."
    ]
    rain = found.pooled["groups"][0]
    assert [(line["trip_type"], line["months"]) for line in rain["lines"]] == [("citibike", 9), ("yellow_taxi", 4)]
    (mark,) = rain["lines"][0]["marks"]
    assert (mark["month"], mark["label"]) == (JANUARY, "January 2024, Citi Bike: −32% (−47% to −12%)")
    assert [tick["value"] for tick in found.pooled["ticks"]] == [-75, -50, -25, 0, 25]


def test_the_index_has_no_answer_before_effects_over_all_months_are_published(two_months: Path) -> None:
    assert trends(two_months).answers == []


def test_an_effect_has_its_month_mode_and_interval() -> None:
    assert effect_label(DOWN) == "January 2024, Citi Bike: −32% (−47% to −12%)"


def test_a_label_names_the_areas_of_its_month_and_a_note_those_that_differ(two_months: Path) -> None:
    """January has rides of New York and March those of Jersey City."""
    write(
        two_months / "metrics/month=2024-03",
        "by_mode",
        "select timestamp '2024-03-01' as metric_time__month, 'citibike' as trip__trip_type, "
        "5 as total_trips, null::double as total_revenue",
    )
    ledger = "select unnest(['citibike_jc', 'weather']) as source, date '2024-03-01' as source_month"
    write(two_months / "month_ledger/month=2024-03", "month_ledger", ledger)
    found = trends(two_months)
    strips = {strip["mode"]: [bar["label"] for bar in strip["bars"]] for strip in found.strips}
    assert strips["citibike"] == [
        "January 2024: 500 Citi Bike rides",
        "March 2024: 5 Citi Bike rides in Jersey City",
    ]
    rain = next(strip for strip in found.effects[0]["strips"] if strip["mode"] == "citibike")
    assert rain["bars"][0]["label"] == "January 2024, Citi Bike: −32% (−47% to −12%)"
    assert found.area_notes == [
        "The areas of Citi Bike rides differ: Jersey City in 1 month; New York City in 1 month."
    ]


def test_areas_that_are_the_same_in_all_months_are_not_noted() -> None:
    assert area_note("citibike", [["citibike_jc", "weather"], ["citibike_jc"], ["yellow_taxi"]]) == ""
    assert area_note("yellow_taxi", [["citibike_jc"], ["yellow_taxi"]]) == ""


def test_the_first_year_has_no_label_if_the_second_would_cover_it() -> None:
    assert year_labels(month_range(date(2023, 1, 1), MARCH)) == [{"year": 2023, "at": 0}, {"year": 2024, "at": 12}]
    assert year_labels(month_range(date(2022, 12, 1), MARCH)) == [{"year": 2023, "at": 1}, {"year": 2024, "at": 13}]
