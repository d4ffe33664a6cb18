"""The effect of weather, estimated from hours whose effect is known."""

import os
from datetime import date
from typing import Any

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.metrics.effects import comparable, effects, estimate, use_one_blas_thread

HOURS = 31 * 24


def month(
    seed: int, ratio: float, rainy_days: int = 10, level: float = 40, noise: float = 0.15
) -> dict[str, np.ndarray]:
    """A month of hours: a daily and weekly pattern, days that differ at random, and rain in some hours of some days."""
    random = np.random.default_rng(seed)
    hour, day = np.arange(HOURS) % 24, np.arange(HOURS) // 24
    stratum = day % 7 * 24 + hour
    rain = np.isin(day, random.choice(31, rainy_days, replace=False)) & (random.random(HOURS) < 0.5)
    pattern = level * (1.2 + np.sin((hour - 9) / 24 * 2 * np.pi)) * np.where(day % 7 > 4, 0.8, 1)
    expected = pattern * np.exp(noise * random.standard_normal(31))[day] * np.where(rain, ratio, 1)
    return {
        "trips": random.poisson(expected).astype(float),
        "is_with": rain.astype(float),
        "stratum": stratum,
        "day": day,
    }


def test_nearly_every_interval_contains_the_known_effect() -> None:
    found = [estimate(month(seed, ratio=0.6)) for seed in range(24)]
    covering = sum(one["low_pct"] <= -40 <= one["high_pct"] for one in found)
    assert covering >= 20  # of 24; 98 of 100 seeds do (2026-11)
    assert abs(np.mean([one["effect_pct"] for one in found]) + 40) < 2


def test_intervals_of_no_effect_rarely_exclude_zero() -> None:
    found = [estimate(month(seed, ratio=1)) for seed in range(100, 124)]
    assert sum(one["low_pct"] <= 0 <= one["high_pct"] for one in found) >= 20


def test_hours_without_a_trip_are_part_of_the_estimate() -> None:
    found = estimate(month(3, ratio=0.5, level=0.8, rainy_days=14))
    assert found["low_pct"] < -50 < found["high_pct"]


@pytest.mark.parametrize("rainy_days", [0, 2])
def test_too_little_weather_gives_no_estimate_and_a_reason(rainy_days: int) -> None:
    found = estimate(month(1, ratio=0.6, rainy_days=rainy_days))
    assert found["effect_pct"] is found["low_pct"] is found["high_pct"] is None
    assert "at least 8 on 5 days are needed" in found["reason"]


def test_no_trip_on_one_side_gives_no_estimate_and_a_reason() -> None:
    hours = month(1, ratio=0.6)
    hours["trips"] = np.where(hours["is_with"] == 1, 0, hours["trips"])
    assert estimate(hours)["reason"] == "no trip in the hours on one of the sides"


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.3, 2.0))
def test_the_estimate_uses_only_strata_with_hours_on_both_sides(seed: int, ratio: float) -> None:
    hours = month(seed, ratio)
    compared = comparable(hours)
    for stratum in np.unique(compared["stratum"]):
        assert set(compared["is_with"][compared["stratum"] == stratum]) == {0, 1}
    assert estimate(hours) == estimate(compared)


@pytest.mark.parametrize(("condition", "ratio"), [("cold", 0.7), ("heat", 1.3)])
def test_the_effect_of_temperature_is_separated_from_the_hour_and_the_rain(condition: str, ratio: float) -> None:
    """Nights are colder than days and have fewer trips; rain, which reduces trips, falls in mild hours."""
    found = {effect["condition"]: effect for effect in temperatures(ratio, day_c=29 if condition == "heat" else 4)}
    assert found[condition]["low_pct"] < 100 * (ratio - 1) < found[condition]["high_pct"]
    assert found[condition]["high_pct"] - found[condition]["low_pct"] < 40
    other = "cold" if condition == "heat" else "heat"
    assert found[other]["effect_pct"] is None


def test_a_trend_over_the_month_is_not_attributed_to_the_weather() -> None:
    hours = month(3, ratio=1, noise=0.05)
    growing = hours | {"trips": hours["trips"] * (1 + 2 * hours["day"] / 31), "is_with": hours["day"] >= 16}
    growing["is_with"] = (growing["is_with"] & (hours["day"] % 2 == 0)).astype(float)
    found = estimate(growing)
    assert found["low_pct"] < 0 < found["high_pct"]
    assert found["high_pct"] < 15


def temperatures(ratio: float, day_c: float) -> list[dict[str, Any]]:
    """The effects in a month of days that are warm or cold at random, with colder nights and rain in mild hours."""
    random = np.random.default_rng(7)
    with duckdb.connect() as con:
        con.execute("create schema core")
        hour, day = np.arange(HOURS) % 24, np.arange(HOURS) // 24
        warmth = day_c + 6 * random.standard_normal(31)[day] + 4 * np.sin((hour - 9) / 24 * 2 * np.pi)
        band = np.select([warmth < 0, warmth >= 30], ["cold", "hot"], "mild")
        wet = (band == "mild") & (random.random(HOURS) < 0.3)
        expected = 50 * (1.2 + np.sin((hour - 9) / 24 * 2 * np.pi)) * np.where(wet, 0.4, 1)
        trips = random.poisson(expected * np.where(np.isin(band, ("cold", "hot")) & ~wet, ratio, 1))
        rows = [
            (f"2024-01-{d + 1:02} {h:02}:00", b, "rain" if w else "none", int(n))
            for d, h, b, w, n in zip(day, hour, band, wet, trips, strict=True)
        ]
        con.execute("create table hours (began timestamp, band varchar, falls varchar, trips integer)")
        con.executemany("insert into hours values (?, ?, ?, ?)", rows)
        con.execute("""
            create view core.dim_weather as
            select began as weather_key, band as temp_category, falls as precipitation_type, false as is_adverse
            from hours
        """)
        con.execute("""
            create view core.fct_hourly_mobility as
            select
                'citibike' as trip_type, began as hour_timestamp, began as weather_key,
                date '2024-01-01' as source_month, trips as trip_count
            from hours
        """)
        return effects(con, date(2024, 1, 1))


def test_effects_use_one_blas_thread_where_nothing_else_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    use_one_blas_thread()
    assert os.environ["OPENBLAS_NUM_THREADS"] == "1"
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "2")
    use_one_blas_thread()
    assert os.environ["OPENBLAS_NUM_THREADS"] == "2"
