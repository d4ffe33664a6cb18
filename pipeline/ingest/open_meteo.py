"""Open-Meteo's answers: what an answer states about itself is compared with what was asked for."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from pipeline.errors import BadFile
from pipeline.ingest.formats import read_weather
from pipeline.sources import Source

MAX_GRID_DISTANCE = 0.4
"""Degrees between the requested position and the grid cell that answers: ERA5 has a cell every 0.25°, and Open-Meteo
chooses among the cells next to the nearest one (2024-01 answers for 40.7128, -74.0060 come from 40.7382, -74.0425)."""
MAX_DIFFERENCES = 5
"""Differences in one error."""
NO_UNIT = "undefined"
"""The unit that Open-Meteo states for a variable without any value."""


def check_answer(source: Source, url: str, path: Path, label: str) -> None:
    """Raises BadFile where the answer to a request differs from it: time zone, position, units or hours."""
    query = dict(parse_qsl(urlsplit(url).query))
    if found := list(differences(source, query, read_weather(path, label))):
        more = f" (and {len(found) - MAX_DIFFERENCES} more)" if len(found) > MAX_DIFFERENCES else ""
        raise BadFile(
            f"{label}: {'; '.join(found[:MAX_DIFFERENCES])}{more}; the answer is not what was requested and is not used"
        )


def differences(source: Source, query: Mapping[str, str], answer: Mapping[str, Any]) -> Iterator[str]:
    """What differs between a request and its answer, each with the expected value and the one that was found.

    Every request is for GMT: the models read the hours as such.
    """
    for name, expected in (("timezone", "GMT"), ("utc_offset_seconds", 0)):
        if answer.get(name) != expected:
            yield f"expected {name} {expected}, found {shown(answer.get(name))}"
    for name in ("latitude", "longitude"):
        found = answer.get(name)
        if not isinstance(found, int | float) or not abs(found - float(query[name])) <= MAX_GRID_DISTANCE:
            yield f"expected {name} {query[name]} (within {MAX_GRID_DISTANCE}°), found {shown(found)}"
    units, hourly = mapping(answer.get("hourly_units")), mapping(answer.get("hourly"))
    for column in source.columns:
        unit, values = units.get(column.name), hourly.get(column.name)
        if not isinstance(values, list):
            yield f"expected a list of {column.name}, found {shown(values)}"
        elif unit != column.unit and not (unit == NO_UNIT and not any(value is not None for value in values)):
            yield f"expected {column.name} in {column.unit}, found {shown(unit)}"
    yield from differing_hours(hourly, date.fromisoformat(query["start_date"]), date.fromisoformat(query["end_date"]))


def differing_hours(hourly: Mapping[str, Any], first: date, last: date) -> Iterator[str]:
    """Hours that are missing, repeated or in another order, and variables that have more or fewer values than hours."""
    hours = [
        f"{first + timedelta(days=hour // 24)}T{hour % 24:02}:00" for hour in range(24 * ((last - first).days + 1))
    ]
    for name, values in hourly.items():
        if isinstance(values, list) and len(values) != len(hours):
            yield f"expected {len(hours):,} hours ({hours[0]} to {hours[-1]}), found {len(values):,} values of {name}"
    times = hourly.get("time")
    if isinstance(times, list) and len(times) == len(hours) and times != hours:
        expected, found = next(pair for pair in zip(hours, times, strict=True) if pair[0] != pair[1])
        yield f"expected the hour {expected}, found {shown(found)}"


def mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def shown(value: Any) -> str:
    """The value as an error shows it: short, and without control characters."""
    text = "none" if value is None else value if isinstance(value, str) and value.isprintable() else repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"
