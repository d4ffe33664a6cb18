"""Sentences on the effects of the weather, and positions in their chart."""

from datetime import date
from typing import Any

import pytest

from pipeline.report.answer import answer, forest, is_significant, unusual_changes


def effect(
    trip_type: str, condition: str, percent: float | None, low: float = 0, high: float = 0, hours: int = 60
) -> dict[str, Any]:
    bounds = (percent, low, high) if percent is not None else (None, None, None)
    return {
        "trip_type": trip_type,
        "condition": condition,
        **dict(zip(("effect_pct", "low_pct", "high_pct"), bounds, strict=True)),
        "hours_with": hours,
        "hours_without": 120,
        "q_value": 0.01 if low * high > 0 else 0.5,
        "reason": "too few hours" if percent is None else None,
    }


RAIN = [effect("citibike", "rain", -31.5, -46.6, -12.2), effect("yellow_taxi", "rain", 1.1, -4.7, 7.1)]


def test_the_answer_has_the_size_of_the_change_and_its_confidence_interval() -> None:
    assert answer(RAIN) == [
        "Citi Bike rides fell 32% in rainy hours (95% CI 12–47%); "
        "no significant change in yellow taxi trips (−5% to +7%)."
    ]


def test_several_significant_changes_are_listed_by_size() -> None:
    cold = [effect("yellow_taxi", "cold", 12, 2, 250), effect("citibike", "cold", -20, -30, -10)]
    assert answer(cold) == [
        "Citi Bike rides fell 20% in dry hours below 0 °C (95% CI 10–30%) and yellow taxi trips rose 12% (2–250%)."
    ]


def test_further_conditions_have_a_sentence_only_if_they_are_significant() -> None:
    snow = [effect("yellow_taxi", "snow", -14, -20, -9), effect("citibike", "snow", -3, -30, 30)]
    unclear = [effect("citibike", "adverse", 1, -15, 20)]
    assert answer([*unclear, *snow, *RAIN])[1:] == ["Yellow taxi trips fell 14% in snowy hours (95% CI 9–20%)."]


def test_a_significant_condition_comes_before_an_unclear_one() -> None:
    snow = [effect("yellow_taxi", "snow", -14, -20, -9)]
    assert answer([*RAIN[1:], *snow]) == ["Yellow taxi trips fell 14% in snowy hours (95% CI 9–20%)."]


def test_an_answer_without_a_significant_change() -> None:
    assert answer(RAIN[1:]) == ["No significant change in yellow taxi trips (−5% to +7%) in rainy hours."]


def test_there_is_no_answer_without_an_estimate() -> None:
    assert answer([effect("citibike", "snow", None)]) == []


@pytest.mark.parametrize(
    ("low", "high", "expected"), [(0.4, 9, False), (0.6, 9, True), (-9, -0.6, True), (-1, 1, False)]
)
def test_an_effect_is_significant_if_its_rounded_interval_excludes_0(low: float, high: float, expected: bool) -> None:
    assert is_significant({"low_pct": low, "high_pct": high, "q_value": 0.01}) is expected


@pytest.mark.parametrize("q_value", [0.06, None])
def test_an_effect_that_is_not_significant_among_all_of_the_month_is_not_claimed(q_value: float | None) -> None:
    rain = effect("citibike", "rain", -20, -30, -10) | {"q_value": q_value}
    assert answer([rain]) == [
        "No significant change in Citi Bike rides (−30% to −10%, which may be chance among so many estimates) "
        "in rainy hours."
    ]


def days(trips: list[int]) -> list[dict[str, Any]]:
    return [{"day": date(2020, 3, day), "trip_type": "fhv", "trips": count} for day, count in enumerate(trips, 1)]


def weather(
    first_c: float | None, last_c: float | None, snow_cm: float = 0, known_hours: int = 24
) -> list[dict[str, Any]]:
    """March with the temperature of its first days until the 15th."""
    return [
        {"day": date(2020, 3, day), "coldest_c": celsius, "warmest_c": celsius, "snow_cm": snow_cm if day == 1 else 0}
        | {"hours": 24, "known_hours": known_hours}
        for day in range(1, 32)
        for celsius in (first_c if day < 15 else last_c,)
    ]


FELL = "For-hire vehicle trips fell 75% between the first and the last week of the month."
ROSE = "For-hire vehicle trips rose 150% between the first and the last week of the month."
NOT_WEATHER = "Weather alone does not explain such a change."


@pytest.mark.parametrize(
    ("trips", "weather", "expected"),
    [
        ([100] * 7 + [60] * 17 + [25] * 7, weather(8, 9), [f"{FELL} {NOT_WEATHER}"]),
        ([100] * 7 + [60] * 17 + [25] * 7, weather(8, 9, snow_cm=30), [FELL]),
        ([100] * 7 + [60] * 17 + [25] * 7, weather(None, 9), [FELL]),
        ([100] * 7 + [60] * 17 + [25] * 7, weather(8, 9, known_hours=23), [FELL]),
        ([100] * 7 + [150] * 17 + [250] * 7, weather(0, 20), [f"{ROSE} The mean temperature rose from 0 to 20 °C."]),
        ([100] * 7 + [150] * 17 + [250] * 7, weather(11, 11), [f"{ROSE} {NOT_WEATHER}"]),
        ([100] * 7 + [60] * 24, weather(8, 9), []),
    ],
)
def test_trips_that_halve_or_double_within_the_month_are_noted_and_weather_is_excluded_only_if_it_cannot_explain_them(
    trips: list[int], weather: list[dict[str, Any]], expected: list[str]
) -> None:
    assert unusual_changes(days(trips), weather) == expected


def test_the_axis_includes_all_intervals_up_to_100_percent() -> None:
    found = forest([*RAIN, effect("citibike", "cold", 12, 2, 250)])
    assert [tick["value"] for tick in found["ticks"]] == [-50, 0, 50, 100]
    rain = found["groups"][0]["lines"]
    assert (rain[0]["low"], rain[0]["is_cut"], rain[0]["is_significant"]) == (2.27, False, True)
    cold = next(group for group in found["groups"] if group["condition"] == "cold")["lines"]
    assert (cold[0]["high"], cold[0]["is_cut"]) == (100, True)


def test_hours_are_given_once_if_they_are_the_same_for_all_modes() -> None:
    assert forest(RAIN)["groups"][0]["hours"] == (60, 120)
    assert forest([RAIN[0], effect("yellow_taxi", "rain", 1, -5, 7, hours=59)])["groups"][0]["hours"] is None


def test_effects_without_an_estimate_are_listed_apart() -> None:
    group = next(group for group in forest([effect("citibike", "snow", None)])["groups"] if group["not_estimated"])
    assert (group["condition"], group["lines"], group["not_estimated"][0]["reason"]) == ("snow", [], "too few hours")
