"""Simulated hourly weather of New York: an hour has the same weather in every run and on every machine.

The server answers with it in Open-Meteo's form, and the generated trips depend on it. Values have Open-Meteo's names,
default units and convention: precipitation, rain and snowfall are sums of the hour *before* the label.
https://open-meteo.com/en/docs/historical-weather-api
"""

import functools
import math
import time
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from pipeline.generated import GENERATOR, KEY

HOUR = timedelta(hours=1)
FIRST_DAY = date(1940, 1, 1)

UNITS = {
    "temperature_2m": "°C",
    "relative_humidity_2m": "%",
    "dew_point_2m": "°C",
    "apparent_temperature": "°C",
    "precipitation": "mm",
    "rain": "mm",
    "snowfall": "cm",
    "weather_code": "wmo code",
    "cloud_cover": "%",
    "pressure_msl": "hPa",
    "wind_speed_10m": "km/h",
    "wind_direction_10m": "°",
    "wind_gusts_10m": "km/h",
}
WIND_UNITS = {"kmh": ("km/h", 1.0), "ms": ("m/s", 3.6), "mph": ("mp/h", 1.609344), "kn": ("kn", 1.852)}
"""By the value of ``wind_speed_unit``: the unit's name, and its size in km/h."""


def seasonal_temperature(at: datetime) -> float:
    """The mean temperature of that day of the year, in °C: 0.7 in the third week of January, 25.1 in July."""
    return 12.9 - 12.2 * math.cos(2 * math.pi * (at.timetuple().tm_yday - 20) / 365.25)


@functools.lru_cache(maxsize=50_000)
def weather_at(at: datetime) -> dict[str, float]:
    """All variables of one hour, which is given in GMT."""
    hour = (at - datetime(2000, 1, 1)) / HOUR
    daily_cycle = 3.8 * math.cos(2 * math.pi * (at.hour - 20) / 24)
    temperature = (
        seasonal_temperature(at)
        + daily_cycle
        + 14 * (_smooth_noise(1, hour, 72) - 0.5)
        + 5 * (_smooth_noise(2, hour, 20) - 0.5)
    )
    wetness = max(0.0, 0.6 * _smooth_noise(3, hour, 30) + 0.4 * _smooth_noise(4, hour, 5) - 0.7) / 0.3
    precipitation = round(9 * wetness**1.7, 1)
    is_snow = temperature < 0.5
    humidity = min(100, round(38 + 38 * _smooth_noise(5, hour, 24) + (24 if precipitation else 0)))
    cloud = 100 if precipitation else max(0, min(100, round(150 * _smooth_noise(6, hour, 18) - 30)))
    wind = 4 + 56 * _smooth_noise(7, hour, 14) ** 2.6
    return {
        "temperature_2m": round(temperature, 1),
        "relative_humidity_2m": humidity,
        "dew_point_2m": round(temperature - (100 - humidity) / 5, 1),
        "apparent_temperature": round(temperature - 0.12 * wind + 0.02 * (humidity - 50), 1),
        "precipitation": precipitation,
        "rain": 0.0 if is_snow else precipitation,
        "snowfall": round(precipitation * 0.7, 2) if is_snow else 0.0,
        "weather_code": _wmo_code(precipitation, is_snow, cloud),
        "cloud_cover": cloud,
        "pressure_msl": round(1032 - 30 * _smooth_noise(3, hour, 30), 1),
        "wind_speed_10m": round(wind, 1),
        "wind_direction_10m": round(360 * _smooth_noise(8, hour, 36)) % 360,
        "wind_gusts_10m": round(wind * (1.5 + 0.6 * _smooth_noise(9, hour, 6)), 1),
    }


def precipitation_type(hour: datetime) -> str | None:
    """``rain``, ``snow`` or None: what falls in the hour that begins then (GMT). The next hour's label reports it."""
    next_hour = weather_at(hour + HOUR)
    return "snow" if next_hour["snowfall"] else "rain" if next_hour["rain"] else None


def archive_response(query: Mapping[str, str], today: date) -> dict[str, Any]:
    """The JSON answer to ``/v1/archive``.

    Raises ValueError, worded as Open-Meteo's ``reason``, for a query that Open-Meteo refuses. Time zones other than
    GMT are refused as well: Open-Meteo's answers in local time have one offset all year, and the pipeline must not
    depend on them.
    """
    began = time.perf_counter()
    first, last = _period(query, today)
    if (zone := query.get("timezone", "GMT")) not in ("GMT", "UTC"):
        raise ValueError(f"Invalid timezone: '{zone}'; the generated upstream answers in GMT only")
    names = [name for name in query.get("hourly", "").split(",") if name]
    for name in names:
        if name not in UNITS:
            raise ValueError(f"Data corrupted at path ''. Cannot initialize from invalid String value {name}.")
    if (wind_unit := query.get("wind_speed_unit", "kmh")) not in WIND_UNITS:
        raise ValueError(
            f"Data corrupted at path ''. Cannot initialize WindspeedUnit from invalid String value {wind_unit}."
        )
    unit, kmh = WIND_UNITS[wind_unit]
    times = [
        datetime(first.year, first.month, first.day) + hour * HOUR for hour in range(24 * ((last - first).days + 1))
    ]
    hourly: dict[str, list[Any]] = {"time": [f"{at:%Y-%m-%dT%H:%M}" for at in times]}
    for name in names:
        values = [weather_at(at)[name] for at in times]
        hourly[name] = [round(value / kmh, 2) for value in values] if UNITS[name] == "km/h" else values
    return {
        KEY: GENERATOR,
        "latitude": float(query["latitude"]),
        "longitude": float(query["longitude"]),
        # Differs from answer to answer, as Open-Meteo's does.
        "generationtime_ms": (time.perf_counter() - began) * 1000,
        "utc_offset_seconds": 0,
        "timezone": "GMT",
        "timezone_abbreviation": "GMT",
        "elevation": 32.0,
        "hourly_units": {"time": "iso8601"} | {name: unit if UNITS[name] == "km/h" else UNITS[name] for name in names},
        "hourly": hourly,
    }


def _period(query: Mapping[str, str], today: date) -> tuple[date, date]:
    """The first and the last day of a query; raises ValueError where Open-Meteo refuses them."""
    for name in ("latitude", "longitude", "start_date", "end_date"):
        if name not in query:
            raise ValueError(f"Parameter '{name}' is required")
    float(query["latitude"]), float(query["longitude"])
    first, last = date.fromisoformat(query["start_date"]), date.fromisoformat(query["end_date"])
    for name, day in (("start_date", first), ("end_date", last)):
        if not FIRST_DAY <= day <= today:
            raise ValueError(f"Parameter '{name}' is out of allowed range from {FIRST_DAY} to {today}")
    if last < first:
        raise ValueError("End-date must be larger or equals than start-date")
    return first, last


def _wmo_code(precipitation: float, is_snow: bool, cloud: float) -> int:
    """WMO 4677 as Open-Meteo uses it: 0-3 clear to overcast, 61-65 rain, 71-75 snow."""
    if not precipitation:
        return min(3, int(cloud // 26))
    return (71 if is_snow else 61) + 2 * min(2, int(precipitation / 2.5))


def _smooth_noise(channel: int, hour: float, period: float) -> float:
    """Value noise between 0 and 1: a random value every ``period`` hours, with cosine interpolation between them."""
    index, share = divmod(hour / period, 1)
    before, after = _uniform(channel, int(index)), _uniform(channel, int(index) + 1)
    return before + (after - before) * (1 - math.cos(math.pi * share)) / 2


def _uniform(channel: int, index: int) -> float:
    """A pseudorandom number in [0, 1) by splitmix64: the same for the same arguments on every machine."""
    bits = (channel * 0xD1342543DE82EF95 + index * 0x9E3779B97F4A7C15) % 2**64
    bits = (bits ^ bits >> 30) * 0xBF58476D1CE4E5B9 % 2**64
    bits = (bits ^ bits >> 27) * 0x94D049BB133111EB % 2**64
    return (bits ^ bits >> 31) / 2**64
