"""Bars, shades and labels of the charts."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.report.charts import daily, grouped, legend, round_up, shade, shade_bounds, weather_label, weekly
from tests.unit.report.published_month import JANUARY

TUESDAY = date(2024, 1, 9)


@pytest.mark.parametrize(("value", "end"), [(0, 1), (1, 1), (1.2, 1.5), (130, 150), (6001, 8000), (9.1, 10)])
def test_an_axis_ends_at_a_round_number(value: float, end: float) -> None:
    assert round_up(value) == pytest.approx(end)


def weather(day: date = TUESDAY, **changes: Any) -> dict[str, Any]:
    none = {"rain_mm": 0, "snow_cm": 0, "snow_mm": 0, "coldest_c": None, "warmest_c": None, "hours": 24}
    return {"day": day, "known_hours": 24, **none, **changes}


def test_the_weather_of_a_day_as_text() -> None:
    assert weather_label(TUESDAY, weather(rain_mm=41.2, coldest_c=2, warmest_c=12)) == (
        "Tue 9 January: 41.2 mm rain, 2 to 12 °C"
    )
    assert weather_label(TUESDAY, weather(snow_cm=3, coldest_c=-5, warmest_c=-1)) == (
        "Tue 9 January: 3.0 cm snow, −5 to −1 °C"
    )
    assert weather_label(TUESDAY, weather()) == "Tue 9 January: dry"
    assert weather_label(TUESDAY, None) == "Tue 9 January: no weather data"


def test_unknown_precipitation_is_not_shown_as_dry() -> None:
    unknown = weather(rain_mm=None, snow_cm=None, snow_mm=None, known_hours=0, coldest_c=2, warmest_c=12)
    assert weather_label(TUESDAY, unknown) == "Tue 9 January: precipitation unknown, 2 to 12 °C"
    assert weather_label(TUESDAY, weather(known_hours=20)) == "Tue 9 January: dry (20 of 24 hours known)"
    partly = weather(known_hours=20, rain_mm=1)
    assert weather_label(TUESDAY, partly) == "Tue 9 January: 1.0 mm rain (20 of 24 hours known)"
    assert weather_label(TUESDAY, weather(known_hours=0, rain_mm=1)) == "Tue 9 January: 1.0 mm rain"
    found = daily(JANUARY, [], [], [unknown])["precipitation"]
    assert 8 in found["unknown"] and found["bars"][8] == {"rain": 0, "snow": 0}


def test_the_days_of_a_month_have_trips_shares_and_weather() -> None:
    trips = [{"day": TUESDAY, "trip_type": mode, "trips": count} for mode, count in (("fhv", 30), ("citibike", 90))]
    found = daily(JANUARY, ["citibike", "fhv"], trips, [weather(rain_mm=5, snow_mm=2.5, coldest_c=-3, warmest_c=7)])
    assert len(found["days"]) == 31
    assert found["days"][8]["trips"] == {"citibike": 90, "fhv": 30}
    assert [found["days"][day]["is_weekend"] for day in (4, 5, 6, 7)] == [False, True, True, False]
    assert [(piece["index"], piece["mode"], piece["height"]) for piece in found["shares"]] == [
        (8, "citibike", 75),
        (8, "fhv", 25),
    ]
    assert found["precipitation"]["bars"][8] == {"rain": 50, "snow": 25}
    temperature = found["temperature"]
    assert (temperature["low"], temperature["high"], temperature["freezing"]) == (-10, 10, 50)
    assert temperature["bars"] == [{"index": 8, "from": pytest.approx(15), "height": pytest.approx(50)}]


def test_the_strip_of_a_mode_names_the_days_with_most_and_fewest_trips() -> None:
    trips = [{"day": date(2024, 1, day), "trip_type": "fhv", "trips": 100 + day} for day in range(1, 32)]
    strip = daily(JANUARY, ["fhv"], trips, [])["strips"][0]
    assert strip["summary"] == "For-hire vehicles: most on Wed 31 January (131), fewest on Mon 1 January (101)."
    assert strip["bars"][8]["label"] == "Tue 9 January: no weather data. 109 for-hire vehicle trips"


def test_the_mean_of_an_hour_is_over_all_such_weekdays_of_the_month() -> None:
    """January 2024 has 31 days from a Monday: five Mondays, four Thursdays."""
    hours = [
        {"trip_type": "fhv", "weekday": weekday, "hour_of_day": hour, "trips": 20 * (hour + 1)}
        for weekday in (1, 4)
        for hour in (8, 23)
    ]
    (chart,) = weekly(JANUARY, ["fhv"], hours)
    means = [chart["lines"][day]["cells"][8]["trips"] for day in (0, 1, 3)]
    assert means == [36, 0, 45]
    assert chart["busiest"] == "Thursdays 23:00–24:00, 120 trips per hour"
    assert [chart["lines"][3]["cells"][hour]["shade"] for hour in (0, 8, 23)] == [0, 3, 6]


@given(st.integers(1, 10**7))
def test_each_amount_has_one_shade_of_the_legend(most: int) -> None:
    bounds = shade_bounds(most)
    entries = legend(bounds, most)
    assert [entry["shade"] for entry in entries] == list(range(1, len(bounds) + 1))
    assert len(bounds) <= 6 and shade(0, bounds) == 0
    assert (shade(1, bounds), shade(most, bounds)) == (1, len(bounds))


def test_the_legend_gives_the_amounts_of_each_shade() -> None:
    assert [entry["label"] for entry in legend([0, 1, 30, 120], 2000)] == ["1", "2 to 30", "31 to 120", "121 to 2,000"]


def test_rows_are_grouped_in_the_order_of_the_column() -> None:
    rows = [{"suite": "b", "n": 1}, {"suite": "a", "n": 2}, {"suite": "b", "n": 3}]
    assert [(suite, [row["n"] for row in members]) for suite, members in grouped(rows, "suite")] == [
        ("a", [2]),
        ("b", [1, 3]),
    ]
