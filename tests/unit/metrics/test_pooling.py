"""Effects over all months, of months whose effects are known."""

from datetime import date
from math import log, log1p
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtr, stdtrit
from statsmodels.stats.meta_analysis import combine_effects

from pipeline.metrics.effects import METHOD
from pipeline.metrics.pooling import (
    between_months,
    moved_to_their_mean,
    pool,
    pooled,
    prediction_interval,
    quantiles,
    random_effects,
)

MONTHS = [date(2023 + number // 12, 1 + number % 12, 1) for number in range(24)]


def effect(month: date, percent: float | None, mode: str = "citibike", condition: str = "rain") -> dict[str, Any]:
    return {
        "source_month": month,
        "trip_type": mode,
        "condition": condition,
        "pickup_borough": "all",
        "effect_pct": percent,
        "std_error": None if percent is None else 0.1,
        "method": METHOD,
    }


def test_mean_and_variance_between_months_and_interval_are_those_of_statsmodels() -> None:
    logs, variances = np.array([-0.7, -0.2, -0.45, -0.6, -0.1]), np.full(5, 0.01)
    expected = combine_effects(logs, variances, method_re="iterated", use_t=True)
    found = random_effects(logs, variances)
    low, high = expected.conf_int(use_t=True)[3]  # Hartung and Knapp's
    assert log1p(found["effect_pct"] / 100) == pytest.approx(expected.mean_effect_re)
    assert found["tau"] ** 2 == pytest.approx(expected.tau2, rel=1e-4)
    assert log1p(found["low_pct"] / 100) == pytest.approx(low, rel=1e-4)
    assert log1p(found["high_pct"] / 100) == pytest.approx(high, rel=1e-4)


def test_the_variance_between_months_of_unequal_variances_is_that_of_statsmodels() -> None:
    logs, variances = np.array([-0.7, -0.2, -0.45, -0.6]), np.array([0.01, 0.002, 0.03, 0.004])
    expected = combine_effects(logs, variances, method_re="iterated").tau2
    assert between_months(logs, variances, np.array([3])) == pytest.approx(expected, rel=1e-4)
    assert between_months(logs / 100, variances, np.array([3])) == 0


def test_variances_are_moved_half_way_to_their_geometric_mean() -> None:
    assert moved_to_their_mean(np.array([0.01, 0.04])) == pytest.approx(
        [0.01**0.75 * 0.04**0.25, 0.01**0.25 * 0.04**0.75]
    )


@pytest.mark.parametrize("months", [3, 5, 12, 40])
def test_the_prediction_interval_of_effects_known_exactly_is_that_of_a_normal_sample(months: int) -> None:
    """Of Student's distribution, with s√(1 + 1/n)."""
    logs = np.random.default_rng(months).normal(log(0.7), 0.3, months)
    width = stdtrit(months - 1, 0.975) * logs.std(ddof=1) * (1 + 1 / months) ** 0.5
    low, high = prediction_interval(logs, np.full(months, 1e-12))
    assert (low, high) == pytest.approx((logs.mean() - width, logs.mean() + width), rel=0.01)


def test_the_prediction_interval_of_equal_estimates_has_the_standard_error_of_their_mean() -> None:
    low, high = prediction_interval(np.full(4, -0.4), np.full(4, 0.01))
    assert (low, high) == pytest.approx((-0.4 - 1.96 * 0.1 / 2, -0.4 + 1.96 * 0.1 / 2), abs=1e-5)


@pytest.mark.parametrize("variance", [1e-30, 1e-20, 1e-12, 1e-4])
def test_equal_effects_have_no_variance_between_months_however_exactly_they_are_known(variance: float) -> None:
    found = random_effects(np.full(3, 0.3), np.full(3, variance))
    assert found["tau"] == pytest.approx(0, abs=1e-14)
    assert found["effect_pct"] == pytest.approx(100 * np.expm1(0.3))


@pytest.mark.parametrize("tau", [0, 0.1, 0.2])
@pytest.mark.parametrize("months", [3, 6, 12])
def test_95_of_100_intervals_contain_the_mean_effect_and_the_effect_of_another_month(months: int, tau: float) -> None:
    """The standard errors of the months are estimates, of 4 to 15 degrees of freedom.

    Where all effects are equal, the effect of another month is their mean, and more than 95 intervals contain it.
    """
    random, runs = np.random.default_rng(months), 400
    covering, predicted = 0, 0
    for _ in range(runs):
        error, df = random.uniform(0.04, 0.15, months), random.uniform(4, 15, months)
        logs = log(0.7) + tau * random.standard_normal(months) + error * random.standard_normal(months)
        found = random_effects(logs, error**2 * random.chisquare(df) / df)
        another = 100 * np.expm1(log(0.7) + tau * random.standard_normal())
        covering += found["low_pct"] <= -30 <= found["high_pct"]
        predicted += found["prediction_low_pct"] <= another <= found["prediction_high_pct"]
    tolerance = 0.02 + 0.033  # three standard errors
    assert covering / runs == pytest.approx(0.95, abs=tolerance)
    assert predicted / runs == pytest.approx(0.95, abs=tolerance) if tau else predicted / runs >= 0.95


def test_the_order_of_the_months_changes_nothing() -> None:
    random = np.random.default_rng(1)
    effects = [effect(month, float(percent)) for month, percent in zip(MONTHS, random.normal(-30, 9, 24), strict=True)]
    shuffled = [effects[index] for index in random.permutation(24)]
    assert pooled(shuffled) == pooled(effects)


def test_effects_are_pooled_by_mode_and_condition_over_all_months_and_by_season() -> None:
    effects = [effect(month, -40.0 if month.month in (12, 1, 2) else -20.0 + month.year % 2) for month in MONTHS]
    effects += [effect(month, 5.0 + month.month % 3, "yellow_taxi") for month in MONTHS]
    found = {(row["trip_type"], row["season"]): row for row in pooled(effects)}
    assert len(found) == 10
    assert (
        found["citibike", "winter"]["effect_pct"] == pytest.approx(-40) and found["citibike", "winter"]["months"] == 6
    )
    assert found["citibike", "summer"]["effect_pct"] == pytest.approx(-19.5, abs=0.1)
    assert -40 < found["citibike", "all"]["effect_pct"] < -20 and found["citibike", "all"]["months"] == 24
    assert found["yellow_taxi", "all"]["effect_pct"] == pytest.approx(6, abs=0.2)


def test_a_wider_interval_is_for_the_effect_of_another_month() -> None:
    found = pool([effect(month, percent) for month, percent in zip(MONTHS, (-50.0, -20, -40, -25, -60), strict=False)])
    assert found["prediction_low_pct"] < found["low_pct"] < found["effect_pct"]
    assert found["effect_pct"] < found["high_pct"] < found["prediction_high_pct"]
    assert found["tau"] > 0.2 and found["p_value"] < 0.05


def test_months_without_an_estimate_or_of_another_method_do_not_count_and_too_few_give_a_reason() -> None:
    effects = [effect(month, percent) for month, percent in zip(MONTHS, (-50.0, None, -40), strict=False)]
    effects.append(effect(MONTHS[3], -45.0) | {"method": METHOD - 1})
    found = {row["season"]: row["reason"] for row in pooled(effects)}
    assert found["all"] == "estimated in 2 of the months, at least 3 are needed"
    assert found["spring"] == found["winter"] == "estimated in 1 of the months, at least 3 are needed"
    assert all(row["effect_pct"] is None for row in pooled(effects))


def test_what_the_index_claims_is_one_family_of_tests() -> None:
    effects = [effect(month, -3.0 + 4 * (month.month % 3), mode) for month in MONTHS for mode in ("citibike", "fhv")]
    effects += [effect(month, -30.0 + month.month % 3, condition="dry_1_hour_after_rain") for month in MONTHS]
    found = pooled(effects)
    claimed = [row for row in found if row["season"] == "all" and row["condition"] == "rain"]
    assert [row["q_value"] for row in claimed] == pytest.approx([row["p_value"] for row in claimed])
    assert all(row["q_value"] is not None for row in found)


def test_nothing_is_pooled_from_nothing() -> None:
    assert pooled([]) == []


@given(
    means=st.lists(st.floats(-5, 5), min_size=1, max_size=9),
    exponents=st.lists(st.floats(-9, 2), min_size=9, max_size=9),
)
def test_a_quantile_has_its_share_of_the_mixture_below_it(means: list[float], exponents: list[float]) -> None:
    of_parts, deviations = np.array(means), 10 ** np.array(exponents[: len(means)])
    shares = np.array([0.025, 0.975])
    for found, share in zip(quantiles(of_parts, deviations, shares), shares, strict=True):
        step = 1e-9 * (1 + abs(found))
        below, above = (ndtr((found + sign * step - of_parts) / deviations).mean() for sign in (-1, 1))
        assert below - 1e-9 <= share <= above + 1e-9
