"""Simulated weather."""

from datetime import date, datetime

import pytest

from pipeline.sample.weather import HOUR, UNITS, archive_response, precipitation_type, weather_at
from pipeline.sources import sources


def test_the_variables_are_the_columns_of_the_source() -> None:
    assert ["time", *UNITS] == [column.name for column in sources()["weather"].columns]


def test_archives_begin_with_the_first_month_of_the_source() -> None:
    first = sources()["weather"].first_month
    query = {"latitude": "40.7", "longitude": "-74.0", "start_date": str(first), "end_date": str(first)}
    assert archive_response(query, date(2024, 1, 1))["hourly"]["time"][0] == f"{first}T00:00"


def test_the_precipitation_of_an_hour_is_reported_by_the_next_label() -> None:
    for hour in (datetime(2024, 5, 1) + number * HOUR for number in range(24 * 30)):
        assert (precipitation_type(hour) is None) == (weather_at(hour + HOUR)["precipitation"] == 0)


def test_a_year_has_the_climate_of_new_york() -> None:
    hours = [weather_at(datetime(2024, 1, 1) + number * HOUR) for number in range(24 * 366)]
    temperatures = [hour["temperature_2m"] for hour in hours]
    assert -15 < min(temperatures) < 0
    assert 30 < max(temperatures) < 40
    assert 0.05 < sum(hour["rain"] > 0 for hour in hours) / len(hours) < 0.2
    assert 0 < sum(hour["snowfall"] > 0 for hour in hours) / len(hours) < 0.05
    for hour in hours:
        assert hour["precipitation"] == pytest.approx(hour["rain"] + hour["snowfall"] / 0.7, abs=0.01)
