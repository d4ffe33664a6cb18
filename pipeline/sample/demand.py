"""Trips per hour: profiles of the day and the week, the season, and a known effect of the weather.

The number of trips depends on the source, the hour and the seed alone, so that neighbouring months agree on the hours
that both need.
"""

import hashlib
import math
import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from pipeline.months import add_months
from pipeline.sample.weather import HOUR, precipitation_type, seasonal_temperature

NEW_YORK = ZoneInfo("America/New_York")
HOURS_PER_MONTH = 730.5


@dataclass(frozen=True)
class WeatherEffect:
    """The effect of the weather on demand, as factors: in an hour of rain, in an hour of snow, and per °C above 12.9.

    The temperature is the mean of the day of the year, not that of the hour, so that it is independent of rain.
    """

    rain: float = 1.0
    snow: float = 1.0
    per_degree: float = 1.0

    def factor(self, utc: datetime) -> float:
        precipitation = {"rain": self.rain, "snow": self.snow}.get(precipitation_type(utc) or "", 1.0)
        return precipitation * float(self.per_degree ** (seasonal_temperature(utc) - 12.9))


TAXI_EFFECT = WeatherEffect(rain=1.05, snow=0.85, per_degree=0.998)
BIKE_EFFECT = WeatherEffect(rain=0.6, snow=0.35, per_degree=1.03)
WEATHER_EFFECTS: Mapping[str, WeatherEffect] = {
    "yellow_taxi": TAXI_EFFECT,
    "green_taxi": TAXI_EFFECT,
    "fhv_taxi": WeatherEffect(rain=1.02, snow=0.9),
    "hvfhv_taxi": WeatherEffect(rain=1.1, snow=0.95),
    "citibike": BIKE_EFFECT,
    "citibike_jc": BIKE_EFFECT,
}

# Relative numbers of trips: by hour on workdays, by hour at weekends, and by day of the week from Monday.
# fmt: off
TAXI_PROFILE = (
    (0.35, 0.2, 0.12, 0.09, 0.1, 0.2, 0.5, 0.95, 1.2, 1.1, 1.05, 1.1,
     1.2, 1.2, 1.3, 1.35, 1.35, 1.55, 1.7, 1.65, 1.5, 1.45, 1.25, 0.85),
    (1.2, 1.0, 0.8, 0.55, 0.3, 0.15, 0.2, 0.3, 0.5, 0.8, 1.05, 1.2,
     1.3, 1.35, 1.35, 1.35, 1.35, 1.4, 1.5, 1.45, 1.3, 1.25, 1.3, 1.2),
    (0.86, 0.97, 1.04, 1.08, 1.07, 1.06, 0.92),
)
FOR_HIRE_PROFILE = (
    (0.3, 0.2, 0.2, 0.3, 0.6, 1.0, 1.5, 1.75, 1.5, 1.2, 1.1, 1.1,
     1.1, 1.2, 1.5, 1.6, 1.4, 1.3, 1.1, 0.9, 0.8, 0.7, 0.6, 0.4),
    (0.9, 0.7, 0.5, 0.45, 0.5, 0.6, 0.7, 0.8, 0.95, 1.05, 1.15, 1.2,
     1.2, 1.2, 1.2, 1.2, 1.25, 1.3, 1.3, 1.2, 1.1, 1.1, 1.1, 1.0),
    (0.98, 1.03, 1.06, 1.08, 1.1, 0.95, 0.8),
)
BIKE_PROFILE = (
    (0.2, 0.12, 0.07, 0.05, 0.07, 0.2, 0.65, 1.35, 1.95, 1.25, 0.95, 1.0,
     1.1, 1.15, 1.2, 1.4, 1.75, 2.3, 2.1, 1.5, 1.05, 0.75, 0.55, 0.35),
    (0.5, 0.35, 0.25, 0.15, 0.1, 0.1, 0.2, 0.4, 0.7, 1.05, 1.35, 1.6,
     1.75, 1.8, 1.8, 1.75, 1.7, 1.6, 1.4, 1.1, 0.85, 0.7, 0.6, 0.45),
    (0.95, 1.04, 1.08, 1.06, 1.02, 0.98, 0.87),
)
# fmt: on
PROFILES = {
    "yellow_taxi": TAXI_PROFILE,
    "green_taxi": TAXI_PROFILE,
    "fhv_taxi": FOR_HIRE_PROFILE,
    "hvfhv_taxi": FOR_HIRE_PROFILE,
    "citibike": BIKE_PROFILE,
    "citibike_jc": BIKE_PROFILE,
}


@dataclass(frozen=True)
class Hour:
    """One hour of UTC. On the night when clocks go back, two of them have the same ``local`` time."""

    utc: datetime
    local: datetime
    key: int  # 63 random bits, from which all trips of the hour are drawn
    trips: int


def hours_of_month(
    source: str, month: date, trips_per_month: float, effect: WeatherEffect, seed: int, days_before: int = 0
) -> list[Hour]:
    """The hours of a month in New York, and of ``days_before`` days before it.

    ``trips_per_month`` is the number of trips in an average month without rain.
    """
    first = midnight_utc(month - timedelta(days=days_before))
    last = midnight_utc(add_months(month, 1))
    return [
        hour_at(source, first + HOUR * number, trips_per_month / HOURS_PER_MONTH, effect, seed)
        for number in range((last - first) // HOUR)
    ]


def hour_at(source: str, utc: datetime, trips_per_hour: float, effect: WeatherEffect, seed: int) -> Hour:
    """One hour and its number of trips, of which the expected value is ``trips_per_hour`` times all factors."""
    local = local_time(utc)
    digest = hashlib.blake2b(f"{seed} {source} {utc:%Y-%m-%d %H}".encode(), digest_size=8).digest()
    key = int.from_bytes(digest, "big") >> 1
    expected = trips_per_hour * profile_factor(source, local) * effect.factor(utc)
    return Hour(utc, local, key, poisson(expected, random.Random(key)))


def profile_factor(source: str, local: datetime) -> float:
    """The hour's demand as a multiple of the week's mean."""
    workday, weekend, week = PROFILES[source]
    day = weekend if local.weekday() >= 5 else workday
    return day[local.hour] / (sum(day) / 24) * week[local.weekday()]


def poisson(expected: float, generator: random.Random) -> int:
    """A Poisson number: by Knuth's method up to 50, by a rounded normal above, which is indistinguishable there."""
    if expected > 50:
        return max(0, round(generator.gauss(expected, math.sqrt(expected))))
    number, product, limit = 0, generator.random(), math.exp(-expected)
    while product > limit:
        number, product = number + 1, product * generator.random()
    return number


def midnight_utc(day: date) -> datetime:
    """Midnight in New York, as UTC without a time zone."""
    return datetime(day.year, day.month, day.day, tzinfo=NEW_YORK).astimezone(UTC).replace(tzinfo=None)


def local_time(utc: datetime) -> datetime:
    """The time in New York, without a time zone."""
    return utc.replace(tzinfo=UTC).astimezone(NEW_YORK).replace(tzinfo=None)
