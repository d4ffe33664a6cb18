"""Which hours are compared, and what else the regression has."""

import numpy as np
import pytest

from pipeline.metrics.conditions import CONDITIONS, Comparison, clean, comparisons, doses, trend, without_extremes
from tests.unit.metrics.simulated_months import Array, Regime, month


@pytest.fixture
def weather() -> dict[str, Array]:
    """A month with 100 hours of rain, of which the first ten were snow and the last ten 3 mm."""
    _, weather = month(1, Regime())
    wet = weather["is_rain"].nonzero()[0]
    weather["is_snow"] = np.isin(np.arange(744), wet[:10])
    weather["is_rain"] = weather["is_rain"] & ~weather["is_snow"]
    weather["precipitation_mm"][wet[-10:]] = 3
    last = np.maximum.accumulate(np.where(np.isin(np.arange(744), wet), np.arange(744), 0))
    weather["fell_last"] = np.where(
        np.isnan(weather["hours_since"]), "", np.where(np.isin(last, wet[:10]), "snow", "rain")
    )
    return weather


def compared(weather: dict[str, Array]) -> dict[str, Comparison]:
    return {name: one for one in comparisons(weather) for name in one.conditions}


def test_every_condition_is_compared(weather: dict[str, Array]) -> None:
    assert set(CONDITIONS) < set(compared(weather))


def test_no_hour_is_on_both_sides_of_a_comparison(weather: dict[str, Array]) -> None:
    for name, one in compared(weather).items():
        flags = [one.without, *one.conditions.values(), *one.other]
        assert np.sum(flags, axis=0).max() == 1, name


def test_rain_and_snow_and_adverse_weather_are_compared_with_dry_hours_after_dry_hours(
    weather: dict[str, Array],
) -> None:
    for name in ("rain", "snow", "adverse", "rain_1_to_2.4_mm"):
        assert (compared(weather)[name].without == clean(weather)).all()


def test_hours_after_snow_are_not_hours_after_rain(weather: dict[str, Array]) -> None:
    after_rain, after_snow = (np.any(compared(weather)[name].other, axis=0) for name in ("rain", "snow"))
    assert set(weather["fell_last"][after_rain]) == {"rain"}
    assert set(weather["fell_last"][after_snow]) == {"snow"}


def test_the_amounts_of_rain_are_bands_without_gaps(weather: dict[str, Array]) -> None:
    bands = {name: flag for name, flag in doses(weather).items() if name.startswith("rain")}
    assert (np.sum(list(bands.values()), axis=0) == weather["is_rain"]).all()
    assert bands["rain_2.5_mm_or_more"].sum() == 10
    weather["precipitation_mm"] = np.full(744, 0.1) + np.arange(744) % 3 / 10
    names = {name: set(weather["precipitation_mm"][flag].round(1)) for name, flag in doses(weather).items()}
    assert names["rain_0.1_to_0.2_mm"] == {0.1, 0.2} and names["rain_0.3_to_0.9_mm"] == {0.3}


def test_cold_and_heat_compare_dry_hours_and_have_no_temperature_in_the_regression(weather: dict[str, Array]) -> None:
    found = compared(weather)
    cold = found["cold"]
    assert not (cold.conditions["cold"] & ~clean(weather)).any()
    assert (cold.conditions["cold"] | cold.without == clean(weather)).all()
    assert len(cold.covariates) == len(found["heat"].covariates) == len(found["rain"].covariates) - 2


def test_a_temperature_that_is_adverse_is_not_adjusted_for() -> None:
    celsius = np.array([-9.0, -6, 0, 10, 36])
    is_adverse = np.array([True, True, False, False, True])
    found = without_extremes(celsius, ~is_adverse, ~is_adverse)
    assert found.tolist() == [5, 5, 0, 10, 5]
    assert without_extremes(celsius, np.zeros(5, bool), np.zeros(5, bool)).tolist() == celsius.tolist()


def test_the_trend_is_cubic() -> None:
    day = np.arange(1.0, 32)
    fitted = np.polyfit(day, 3 + 2 * day - day**2 + day**3 / 9, 3)
    design = np.column_stack([np.ones(31), *trend(day)])
    assert np.linalg.lstsq(design, np.polyval(fitted, day))[1].item() == pytest.approx(0, abs=1e-12)
