"""Trips per hour."""

import random
from datetime import date, datetime, timedelta

import pytest

from pipeline.sample.demand import PROFILES, WeatherEffect, hours_of_month, local_time, poisson, profile_factor
from pipeline.sample.weather import HOUR, precipitation_type


@pytest.mark.parametrize("factor", [0.6, 1.0, 1.4])
def test_the_effect_of_rain_can_be_estimated_from_the_trips(factor: float) -> None:
    """Trips in rain, divided by the mean of the dry hours of the same weekday and hour."""
    effect = WeatherEffect(rain=factor)
    months = [date(2024, number, 1) for number in range(4, 11)]
    hours = [hour for month in months for hour in hours_of_month("citibike", month, 500_000, effect, 1)]
    dry: dict[tuple[int, int], list[int]] = {}
    for hour in hours:
        if precipitation_type(hour.utc) is None:
            dry.setdefault((hour.local.weekday(), hour.local.hour), []).append(hour.trips)
    rainy = [hour for hour in hours if precipitation_type(hour.utc) == "rain"]
    means = {slot: sum(trips) / len(trips) for slot, trips in dry.items()}
    expected = sum(means[hour.local.weekday(), hour.local.hour] for hour in rainy)
    assert sum(hour.trips for hour in rainy) / expected == pytest.approx(factor, rel=0.01)


def test_an_hour_is_the_same_in_both_months_that_have_it() -> None:
    january = hours_of_month("citibike", date(2024, 1, 1), 500_000, WeatherEffect(), 1)
    february = hours_of_month("citibike", date(2024, 2, 1), 500_000, WeatherEffect(), 1, days_before=1)
    assert february[:24] == january[-24:]


def test_a_month_has_each_hour_that_passes_in_new_york() -> None:
    march, november = (
        hours_of_month("yellow_taxi", date(2024, month, 1), 1000, WeatherEffect(), 1) for month in (3, 11)
    )
    assert len(march) == 31 * 24 - 1
    assert len(november) == 30 * 24 + 1
    assert [hour.utc - november[0].utc for hour in november] == [number * HOUR for number in range(30 * 24 + 1)]


@pytest.mark.parametrize("source", PROFILES)
def test_the_mean_factor_of_a_week_is_one(source: str) -> None:
    monday = datetime(2024, 1, 1)
    factors = [profile_factor(source, monday + timedelta(hours=number)) for number in range(7 * 24)]
    assert sum(factors) / len(factors) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("expected", [0.5, 20.0, 200.0])
def test_poisson_numbers_have_the_expected_mean_and_variance(expected: float) -> None:
    generator = random.Random(1)
    numbers = [poisson(expected, generator) for _ in range(20_000)]
    mean = sum(numbers) / len(numbers)
    assert mean == pytest.approx(expected, rel=0.03)
    assert sum((number - mean) ** 2 for number in numbers) / len(numbers) == pytest.approx(expected, rel=0.05)


def test_local_time_follows_the_clock_changes() -> None:
    assert local_time(datetime(2024, 3, 10, 6, 59)) == datetime(2024, 3, 10, 1, 59)
    assert local_time(datetime(2024, 3, 10, 7)) == datetime(2024, 3, 10, 3)
    assert local_time(datetime(2024, 11, 3, 5, 30)) == local_time(datetime(2024, 11, 3, 6, 30))
