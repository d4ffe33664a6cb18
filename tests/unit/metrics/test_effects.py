"""The effects of weather, estimated from hours whose effects are known."""

import os
from typing import Any

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from pipeline.metrics.conditions import Comparison, comparisons
from pipeline.metrics.effects import estimate, q_values, use_one_blas_thread, with_q_values
from tests.unit.metrics.simulated_months import REGIMES, Array, Regime, coverage, month, rain_effect, spells

MONTHS = 100


@pytest.mark.parametrize("name", REGIMES)
def test_95_of_100_intervals_contain_the_known_effect(name: str) -> None:
    """Within 2 of 100 and three standard deviations of their number; ``./run.sh bench --only effects`` has 1,500."""
    found = coverage(REGIMES[name], range(MONTHS))
    tolerance = 0.02 * found.estimated + 3 * (found.estimated * 0.95 * 0.05) ** 0.5
    assert abs(found.covering - 0.95 * found.estimated) <= tolerance
    assert abs(found.mean_log_error) < 0.05
    assert found.estimated >= MONTHS / 2


def test_a_comparison_without_temperature_would_be_wrong_where_it_rains_in_mild_hours() -> None:
    """The test above has the power to find it."""
    regime, errors = REGIMES["3% per °C, rain in mild hours"], []
    for seed in range(10):
        trips, weather = month(seed, regime)
        flat = weather | {"temperature_c": np.zeros(len(trips))}
        errors.append(np.log1p(rain_effect(trips, flat)["effect_pct"] / 100) - np.log(regime.ratio))
    assert np.mean(errors) > 0.05


def test_hours_after_rain_are_not_compared_as_dry_hours() -> None:
    trips, weather = month(1, REGIMES["fewer trips after rain"])
    rain = rain_effect(trips, weather)
    assert rain["hours_without"] == int((weather["is_dry"] & ~(weather["hours_since"] <= 6))[6:].sum())


def test_the_effect_of_rain_is_estimated_by_its_amount_and_after_it() -> None:
    """Light rain takes a tenth of the trips, heavy rain six tenths; two tenths are missing in the hour after it."""
    regime, found = Regime(after=(0.8, 1)), list[dict[str, Any]]()
    for seed in range(12):
        trips, weather = month(seed, regime)
        amount = np.where(weather["is_rain"], np.random.default_rng(seed).choice([0.1, 0.5, 4], len(trips)), 0)
        ratio = np.select([amount == 0.1, amount == 4], [0.9 / 0.7, 0.4 / 0.7], 1)
        thinned = np.random.default_rng(seed).poisson(trips * ratio).astype(float)
        found.append(effects_of(thinned, weather | {"precipitation_mm": amount}))
    for condition, truth in (
        ("rain_0.1_to_0.2_mm", -10),
        ("rain_0.3_to_0.9_mm", -30),
        ("rain_2.5_mm_or_more", -60),
        ("dry_1_hour_after_rain", -20),
        ("dry_2_to_6_hours_after_rain", 0),
    ):
        estimates = [one[condition]["effect_pct"] for one in found if one[condition]["reason"] is None]
        assert np.mean(estimates) == pytest.approx(truth, abs=5), condition
    assert all(one["rain_1_to_2.4_mm"]["hours_with"] == 0 for one in found)


def effects_of(trips: Array, weather: dict[str, Array]) -> dict[str, dict[str, Any]]:
    """Every effect of a month by its condition."""
    return {row["condition"]: row for one in comparisons(weather) for row in estimate(trips, weather, one)}


@pytest.mark.parametrize(("condition", "ratio"), [("cold", 0.7), ("heat", 1.3)])
def test_the_effect_of_temperature_is_separated_from_the_hour_and_the_rain(condition: str, ratio: float) -> None:
    """Nights are colder than days and have fewer trips; rain falls in mild hours."""
    found = []
    for seed in range(12):
        trips, weather = month(seed, Regime(warmer_c=3 if condition == "cold" else -3, ratio=0.5))
        celsius = weather["temperature_c"] + (-4 if condition == "cold" else 26)
        weather |= {"temperature_c": celsius, "is_cold": celsius < 0, "is_hot": celsius >= 30}
        extreme = weather["is_cold"] | weather["is_hot"]
        found.append(effects_of(np.where(extreme & ~weather["is_rain"], trips * ratio, trips), weather))
    estimates = [one[condition]["effect_pct"] for one in found if one[condition]["reason"] is None]
    assert np.mean(estimates) == pytest.approx(100 * (ratio - 1), abs=10)
    assert all(one["heat" if condition == "cold" else "cold"]["reason"] for one in found)


def test_a_steady_or_sudden_growth_over_the_month_is_not_attributed_to_the_weather() -> None:
    found = []
    for seed in range(12):
        trips, weather = month(seed, Regime(lambda random: spells(random, 150) & (np.arange(744) > 300), ratio=1))
        growth = 1 + np.clip((weather["day"] - 8) / 16, 0, 1)
        found.append(rain_effect(np.round(trips * growth), weather)["effect_pct"])
    assert abs(np.mean(found)) < 6


def test_an_hour_of_unknown_weather_is_neither_with_nor_without_it() -> None:
    trips, weather = month(1, Regime())
    is_known = np.arange(len(trips)) % 10 > 0
    unknown = weather | {"is_known": is_known}
    assert rain_effect(np.where(is_known, trips, 10 * trips), unknown)["effect_pct"] == pytest.approx(
        rain_effect(trips, unknown)["effect_pct"]
    )


def test_without_any_known_weather_there_is_no_estimate_and_a_reason() -> None:
    trips, weather = month(1, Regime())
    nothing = np.zeros(len(trips), bool)
    weather |= {"is_known": nothing, "is_rain": nothing, "is_dry": nothing, "temperature_c": np.full(744, np.nan)}
    for condition, row in effects_of(trips, weather).items():
        assert row["effect_pct"] is None and row["reason"] == "the weather is unknown in 744 of 744 hours", condition


@pytest.mark.parametrize(
    ("regime", "reason"),
    [
        (Regime(lambda random: spells(random, 0)), "0 hours with it and 738 without it can be compared"),
        (Regime(lambda random: np.arange(744) // 8 == 40), "effective degrees of freedom, at least 4 are needed"),
        (Regime(ratio=0), "no trip in the hours on one of the sides"),
    ],
)
def test_too_little_weather_or_too_few_trips_give_no_estimate_and_a_reason(regime: Regime, reason: str) -> None:
    found = rain_effect(*month(1, regime))
    assert found["effect_pct"] is found["low_pct"] is found["high_pct"] is found["p_value"] is None
    assert reason in found["reason"]


def test_an_infinite_ratio_gives_no_estimate_and_a_reason() -> None:
    trips, weather = month(1, Regime(lambda random: np.arange(744) % 168 == 10))
    with_trips = np.where(weather["is_rain"] | (weather["stratum"] != 10), trips, 0)
    one = Comparison({"rain": weather["is_rain"]}, weather["is_dry"], weather["is_known"], [weather["day"]])
    (row,) = estimate(with_trips, weather, one)
    assert row["reason"] == "the regression finds no estimate"


def test_q_values_are_those_of_benjamini_and_hochberg() -> None:
    p_values = [0.03, 0.001, 0.8, 0.04, 0.012]
    assert q_values(p_values) == pytest.approx(multipletests(p_values, method="fdr_bh")[1])
    assert q_values([]) == []


def test_q_values_are_of_the_effects_that_are_read_together() -> None:
    rows: list[dict[str, Any]] = [
        {"pickup_borough": "all", "condition": "rain", "p_value": 0.04},
        {"pickup_borough": "all", "condition": "snow", "p_value": 0.9},
        {"pickup_borough": "all", "condition": "heat", "p_value": None},
        {"pickup_borough": "all", "condition": "dry_1_hour_after_rain", "p_value": 0.04},
        {"pickup_borough": "Queens", "condition": "rain", "p_value": 0.03},
    ]
    assert [row["q_value"] for row in with_q_values(rows)] == [pytest.approx(0.08), 0.9, None, 0.04, 0.03]


def test_a_page_rarely_claims_an_effect_where_there_is_none() -> None:
    """Three modes of a month without effects: any of rain and cold is claimed in about 5 of 100 pages."""
    claiming = 0
    for seed in range(40):
        rows, (_, weather) = list[dict[str, Any]](), month(seed, Regime())
        for mode in range(3):
            trips, _ = month(1000 + 3 * seed + mode, Regime(lambda random: np.zeros(744, bool)))
            compared = [one for one in comparisons(weather) if one.conditions.keys() & {"rain", "cold"}]
            rows += [{"pickup_borough": "all"} | row for one in compared for row in estimate(trips, weather, one)]
        claiming += any((row["q_value"] or 1) < 0.05 for row in with_q_values(rows))
    assert claiming <= 7


def test_effects_use_one_blas_thread_where_nothing_else_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    use_one_blas_thread()
    assert os.environ["OPENBLAS_NUM_THREADS"] == "1"
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "2")
    use_one_blas_thread()
    assert os.environ["OPENBLAS_NUM_THREADS"] == "2"
