"""How many trips begin in each hour: the rhythm of day and week, the season, and an effect of weather that is known.

The trips of an hour depend on that hour, the source and the seed alone, so that neighbouring months tell one story.
"""

import hashlib
import math
import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from pipeline.sample import weather

NEW_YORK = ZoneInfo("America/New_York")
HOURS_A_MONTH = 730.5


@dataclass(frozen=True)
class Effect:
    """What weather does to demand, as factors: in an hour of rain, of snow, and per °C of the season above 12.9.

    The season is what the time of the year lets expect, not the hour's own temperature, so that rain is told apart.
    """

    rain: float = 1.0
    snow: float = 1.0
    per_degree: float = 1.0

    def factor(self, utc: datetime) -> float:
        falling = {"rain": self.rain, "snow": self.snow}.get(weather.falls(utc) or "", 1.0)
        return falling * float(self.per_degree ** (weather.normal_temperature(utc) - 12.9))


TAXI = Effect(rain=1.05, snow=0.85, per_degree=0.998)
BIKE = Effect(rain=0.6, snow=0.35, per_degree=1.03)
EFFECTS: Mapping[str, Effect] = {
    "yellow_taxi": TAXI,
    "green_taxi": TAXI,
    "fhv_taxi": Effect(rain=1.02, snow=0.9),
    "hvfhv_taxi": Effect(rain=1.1, snow=0.95),
    "citibike": BIKE,
    "citibike_jc": BIKE,
}

# Trips by hour of the day, Monday to Friday and at weekends, and by day of the week, as multiples of each other.
# fmt: off
HAILED = (
    (0.35, 0.2, 0.12, 0.09, 0.1, 0.2, 0.5, 0.95, 1.2, 1.1, 1.05, 1.1,
     1.2, 1.2, 1.3, 1.35, 1.35, 1.55, 1.7, 1.65, 1.5, 1.45, 1.25, 0.85),
    (1.2, 1.0, 0.8, 0.55, 0.3, 0.15, 0.2, 0.3, 0.5, 0.8, 1.05, 1.2,
     1.3, 1.35, 1.35, 1.35, 1.35, 1.4, 1.5, 1.45, 1.3, 1.25, 1.3, 1.2),
    (0.86, 0.97, 1.04, 1.08, 1.07, 1.06, 0.92),
)
BOOKED = (
    (0.3, 0.2, 0.2, 0.3, 0.6, 1.0, 1.5, 1.75, 1.5, 1.2, 1.1, 1.1,
     1.1, 1.2, 1.5, 1.6, 1.4, 1.3, 1.1, 0.9, 0.8, 0.7, 0.6, 0.4),
    (0.9, 0.7, 0.5, 0.45, 0.5, 0.6, 0.7, 0.8, 0.95, 1.05, 1.15, 1.2,
     1.2, 1.2, 1.2, 1.2, 1.25, 1.3, 1.3, 1.2, 1.1, 1.1, 1.1, 1.0),
    (0.98, 1.03, 1.06, 1.08, 1.1, 0.95, 0.8),
)
RIDDEN = (
    (0.2, 0.12, 0.07, 0.05, 0.07, 0.2, 0.65, 1.35, 1.95, 1.25, 0.95, 1.0,
     1.1, 1.15, 1.2, 1.4, 1.75, 2.3, 2.1, 1.5, 1.05, 0.75, 0.55, 0.35),
    (0.5, 0.35, 0.25, 0.15, 0.1, 0.1, 0.2, 0.4, 0.7, 1.05, 1.35, 1.6,
     1.75, 1.8, 1.8, 1.75, 1.7, 1.6, 1.4, 1.1, 0.85, 0.7, 0.6, 0.45),
    (0.95, 1.04, 1.08, 1.06, 1.02, 0.98, 0.87),
)
# fmt: on
RHYTHMS = {
    "yellow_taxi": HAILED,
    "green_taxi": HAILED,
    "fhv_taxi": BOOKED,
    "hvfhv_taxi": BOOKED,
    "citibike": RIDDEN,
    "citibike_jc": RIDDEN,
}


@dataclass(frozen=True)
class Hour:
    """An hour that really passed; in the night the clocks go back two of them have the same ``wall``."""

    utc: datetime
    wall: datetime  # what clocks in New York show
    key: int  # 63 bits, from which every ride of the hour is drawn
    trips: int


def month_after(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)


def hours(source: str, month: date, rows: float, effect: Effect, seed: int, days_before: int = 0) -> list[Hour]:
    """The month's hours in New York and of some days before it, for ``rows`` trips in an average month without rain."""
    first, last = (to_utc(day) for day in (month - timedelta(days=days_before), month_after(month)))
    return [
        plan(source, first + weather.HOUR * number, rows / HOURS_A_MONTH, effect, seed)
        for number in range((last - first) // weather.HOUR)
    ]


def plan(source: str, utc: datetime, trips_an_hour: float, effect: Effect, seed: int) -> Hour:
    wall = to_wall(utc)
    key = (
        int.from_bytes(hashlib.blake2b(f"{seed} {source} {utc:%Y-%m-%d %H}".encode(), digest_size=8).digest(), "big")
        >> 1
    )
    expected = trips_an_hour * rhythm(source, wall) * effect.factor(utc)
    return Hour(utc, wall, key, poisson(expected, random.Random(key)))


def rhythm(source: str, wall: datetime) -> float:
    """The hour's demand as a multiple of the week's mean."""
    workday, weekend, week = RHYTHMS[source]
    of_day = weekend if wall.weekday() >= 5 else workday
    return of_day[wall.hour] / (sum(of_day) / 24) * week[wall.weekday()]


def poisson(expected: float, chance: random.Random) -> int:
    """Knuth's method for small numbers; a rounded normal beyond, where the two cannot be told apart."""
    if expected > 50:
        return max(0, round(chance.gauss(expected, math.sqrt(expected))))
    number, product, limit = 0, chance.random(), math.exp(-expected)
    while product > limit:
        number, product = number + 1, product * chance.random()
    return number


def to_utc(day: date) -> datetime:
    """Midnight in New York, as naive UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=NEW_YORK).astimezone(UTC).replace(tzinfo=None)


def to_wall(utc: datetime) -> datetime:
    return utc.replace(tzinfo=UTC).astimezone(NEW_YORK).replace(tzinfo=None)
