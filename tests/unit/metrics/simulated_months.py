"""Months of hours whose effects are known, in the kinds in which intervals tend to be too narrow.

Trips follow a daily and weekly pattern. Days differ at random by 20%, more than Poisson counts do. Rain falls in spells
or all day, so that few days carry what is known of it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pipeline.metrics.conditions import comparisons
from pipeline.metrics.effects import estimate

Array = np.ndarray[Any, Any]
DAYS, HOURS = 31, 31 * 24
DAY_SHOCK = 0.2
"""Standard deviation of the days' logarithms."""


def spells(random: np.random.Generator, hours: int, mean_hours: float = 6) -> Array:
    """At least so many wet hours, in spells of random length."""
    wet = np.zeros(HOURS, bool)
    while wet.sum() < hours:
        start = random.integers(HOURS)
        wet[start : start + random.geometric(1 / mean_hours)] = True
    return wet


def few_spells(random: np.random.Generator) -> Array:
    return spells(random, int(random.integers(20, 51)))


def wet_days(random: np.random.Generator) -> Array:
    return np.repeat(np.isin(np.arange(DAYS), random.choice(DAYS, 8, replace=False)), 24)


def wet_days_in_a_row(random: np.random.Generator) -> Array:
    first = random.integers(DAYS - 5)
    return np.repeat((np.arange(DAYS) >= first) & (np.arange(DAYS) < first + 5), 24)


@dataclass(frozen=True)
class Regime:
    """A kind of month.

    ``correlation`` is that of the shocks of adjacent days. A degree Celsius changes trips by ``per_degree``, and wet
    hours are warmer by ``warmer_c``. ``after`` are the ratios in the first hour after rain, and in the five after that.
    ``level`` are the mean trips per hour. ``spread`` is the variance of a random factor of each hour's trips.
    """

    wet: Callable[[np.random.Generator], Array] = field(default=lambda random: spells(random, 100))
    correlation: float = 0
    per_degree: float = 0
    warmer_c: float = 0
    after: tuple[float, float] = (1, 1)
    level: float = 40
    spread: float = 0
    ratio: float = 0.7


REGIMES = {
    "20 to 50 hours of rain in spells": Regime(few_spells),
    "100 hours of rain in spells": Regime(),
    "200 hours of rain in spells": Regime(lambda random: spells(random, 200)),
    "8 whole wet days": Regime(wet_days),
    "correlated days": Regime(correlation=0.5),
    "correlated days, 8 whole wet days": Regime(wet_days, correlation=0.5),
    "correlated days, spells of 20 hours": Regime(lambda random: spells(random, 100, 20), correlation=0.5),
    "correlated days, 5 wet days in a row": Regime(wet_days_in_a_row, correlation=0.5),
    "3% per °C, rain in mild hours": Regime(per_degree=0.03, warmer_c=5),
    "3% per °C, 8 whole wet days, mild": Regime(wet_days, per_degree=0.03, warmer_c=5),
    "fewer trips after rain": Regime(after=(0.77, 0.86)),
    "one trip per hour": Regime(level=1),
    "counts with heavy tails": Regime(spread=1),
    "no effect": Regime(ratio=1),
    "no effect, 20 to 50 hours of rain": Regime(few_spells, ratio=1),
}


def month(seed: int, regime: Regime) -> tuple[Array, dict[str, Array]]:
    """The trips of each hour, and the weather with the columns of ``hours.WEATHER``."""
    random = np.random.default_rng(seed)
    day, wet = np.arange(HOURS) // 24, regime.wet(random)
    weather = weather_of(wet, temperature(random, wet, regime.warmer_c))
    since = np.where(wet, 0, weather["hours_since"])
    after = np.select([since == 1, since > 1], regime.after, 1)
    daily = np.where(day % 7 < 5, 1.2 + wave(9), 0.9 + 0.7 * wave(11))
    shocks = autoregression(random, regime.correlation, DAY_SHOCK)[day]
    degrees = np.log1p(regime.per_degree) * weather["temperature_c"]
    expected = regime.level / 1.1 * daily * np.exp(shocks + degrees) * np.where(wet, regime.ratio, after)
    if regime.spread:
        expected = expected * random.gamma(1 / regime.spread, regime.spread, HOURS)
    return random.poisson(expected).astype(float), weather


def temperature(random: np.random.Generator, wet: Array, warmer_c: float) -> Array:
    """Days differ with a correlation of 0.7, nights are colder, and it gets warmer over the month."""
    day = np.arange(HOURS) // 24
    return np.asarray(4 + autoregression(random, 0.7, 4)[day] + 3 * wave(9) + day / 10 + warmer_c * wet)


def wave(zero_at: int) -> Array:
    """A sine of each day, which is 0 and rises at that hour."""
    return np.asarray(np.sin((np.arange(HOURS) % 24 - zero_at) / 24 * 2 * np.pi))


def autoregression(random: np.random.Generator, correlation: float, deviation: float) -> Array:
    """A value for each day."""
    values = random.standard_normal(DAYS)
    for day in range(1, DAYS):
        values[day] = correlation * values[day - 1] + (1 - correlation**2) ** 0.5 * values[day]
    return deviation * values


def weather_of(wet: Array, celsius: Array) -> dict[str, Array]:
    """The columns of ``hours.WEATHER`` where it rains 1 mm in wet hours and nothing is adverse."""
    number = np.arange(HOURS)
    last = np.maximum.accumulate(np.where(wet, number, -HOURS))
    since = np.concatenate([[HOURS], number[1:] - last[:-1]])
    is_recent, no = since <= 6, np.zeros(HOURS, bool)
    return {
        "hours": np.ones(HOURS),
        "day": number // 24 + 1,
        "stratum": number // 24 % 7 * 24 + number % 24,
        "is_holiday": no,
        "is_known": ~no,
        "is_adverse_known": ~no,
        "precipitation_mm": np.where(wet, 1.0, 0.0),
        "temperature_c": celsius,
        "is_rain": wet,
        "is_snow": no,
        "is_dry": ~wet,
        "is_past_known": number >= 6,
        "hours_since": np.where(is_recent, since, np.nan),
        "fell_last": np.where(is_recent, "rain", ""),
        "is_cold": celsius < 0,
        "is_hot": celsius >= 30,
        "is_adverse": no,
    }


@dataclass(frozen=True)
class Coverage:
    """How many of the estimated intervals contain the effect, and how many exclude 0; means over the estimated ones."""

    months: int
    estimated: int
    covering: int
    excluding_zero: int
    mean_log_error: float
    median_width_pct: float
    median_df: float


def coverage(regime: Regime, seeds: Iterable[int]) -> Coverage:
    """The intervals of rain in the months of these seeds."""
    found = [rain_effect(*month(seed, regime)) for seed in seeds]
    rows, truth = [row for row in found if row["reason"] is None], 100 * (regime.ratio - 1)
    return Coverage(
        months=len(found),
        estimated=len(rows),
        covering=sum(row["low_pct"] <= truth <= row["high_pct"] for row in rows),
        excluding_zero=sum(row["low_pct"] * row["high_pct"] > 0 for row in rows),
        mean_log_error=float(np.mean([np.log1p(row["effect_pct"] / 100) - np.log(regime.ratio) for row in rows])),
        median_width_pct=float(np.median([row["high_pct"] - row["low_pct"] for row in rows])),
        median_df=float(np.median([row["df"] for row in rows])),
    )


def rain_effect(trips: Array, weather: dict[str, Array]) -> dict[str, Any]:
    return next(estimate(trips, weather, comparisons(weather)[0]))
