"""Figures -> what the charts show, as lengths and colour classes; the templates draw rectangles and table cells.

Charts stretch with the page. Their texts are HTML, not part of the drawing, and stay readable on a phone.
"""

import bisect
import calendar
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import groupby
from math import ceil, floor, log10
from operator import itemgetter
from typing import Any

from pipeline.report.figures import Row
from pipeline.report.words import WEEKDAYS, day_name, mode_title, number, trips_label

SHADES = 6
"""Number of colour shades for amounts above 0, classes s1 to s6 of style.css; 0 has none."""

Trips = Mapping[tuple[date, str], int]
"""Trips by day and mode."""


def round_up(value: float) -> float:
    """The end of an axis: the next of 1, 1.5, 2, 3, 4, 5, 6, 8 and 10 times a power of ten."""
    if value <= 0:
        return 1
    power = 10.0 ** floor(log10(value))
    return min(step * power for step in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if value <= step * power)


def days_of(month: date) -> list[date]:
    return [month + timedelta(days=day) for day in range(calendar.monthrange(month.year, month.month)[1])]


def daily(month: date, modes: Sequence[str], trips: Sequence[Row], weather: Sequence[Row]) -> dict[str, Any]:
    """The charts of the month's days: trips of each mode, mode shares, precipitation, temperature."""
    days = days_of(month)
    count = {(row["day"], row["trip_type"]): row["trips"] for row in trips}
    by_day = {row["day"]: row for row in weather}
    return {
        "days": [
            {"is_weekend": day.weekday() > 4, "label": weather_label(day, by_day.get(day))}
            | {"trips": {mode: count.get((day, mode), 0) for mode in modes}}
            for day in days
        ],
        "strips": [trips_strip(mode, days, count, by_day) for mode in modes],
        "shares": shares(modes, days, count),
        "precipitation": precipitation(days, by_day),
        "temperature": temperature(days, by_day),
    }


def weather_label(day: date, weather: Row | None) -> str:
    """``Tue 9 January: 41.2 mm rain, 2 to 12 °C``. Hours whose precipitation is unknown do not count as dry."""
    if weather is None:
        return f"{day_name(day)}: no weather data"
    known, hours = weather["known_hours"], weather["hours"]
    parts = [number(weather["rain_mm"], "mm rain", 1)] if (weather["rain_mm"] or 0) > 0 else []
    parts += [number(weather["snow_cm"], "cm snow", 1)] if (weather["snow_cm"] or 0) > 0 else []
    parts = parts or ["dry" if known else "precipitation unknown"]
    if 0 < known < hours:
        parts[-1] += f" ({known} of {hours} hours known)"
    if weather["coldest_c"] is not None:
        parts.append(f"{number(weather['coldest_c'])} to {number(weather['warmest_c'], '°C')}")
    return f"{day_name(day)}: {', '.join(parts)}"


def trips_strip(mode: str, days: Sequence[date], count: Trips, weather: Mapping[date, Row]) -> dict[str, Any]:
    values = [count.get((day, mode), 0) for day in days]
    top = round_up(max(values, default=0))
    least, most = (pick(range(len(days)), key=values.__getitem__) for pick in (min, max))
    labels = [f"{weather_label(day, weather.get(day))}. {number(count.get((day, mode), 0))}" for day in days]
    return {
        "mode": mode,
        "top": top,
        "bars": [
            {"height": 100 * value / top, "label": f"{label} {trips_label(mode)}"}
            for value, label in zip(values, labels, strict=True)
        ],
        "summary": f"{mode_title(mode)}: most on {day_name(days[most])} ({number(values[most])}), "
        f"fewest on {day_name(days[least])} ({number(values[least])}).",
    }


def shares(modes: Sequence[str], days: Sequence[date], count: Trips) -> list[dict[str, Any]]:
    """The pieces of the days' columns, one for each mode; a day without trips has none."""
    pieces = []
    for index, day in enumerate(days):
        total, above = sum(count.get((day, mode), 0) for mode in modes), 0.0
        for mode in modes if total else ():
            share = 100 * count.get((day, mode), 0) / total
            label = f"{day_name(day)}: {mode_title(mode)} {number(share, '%', 1)} of loaded trips"
            pieces.append({"index": index, "mode": mode, "from": above, "height": share, "label": label})
            above += share
    return pieces


def precipitation(days: Sequence[date], weather: Mapping[date, Row]) -> dict[str, Any]:
    """Rain, and above it snow as its water equivalent: mm per day."""
    rows = [weather.get(day, {}) for day in days]
    amounts = [{kind: row.get(f"{kind}_mm") or 0 for kind in ("rain", "snow")} for row in rows]
    top = max(10.0, round_up(max(sum(amount.values()) for amount in amounts)))
    return {
        "top": top,
        "bars": [{kind: 100 * mm / top for kind, mm in amount.items()} for amount in amounts],
        "unknown": [index for index, row in enumerate(rows) if not row.get("known_hours")],
    }


def temperature(days: Sequence[date], weather: Mapping[date, Row]) -> dict[str, Any]:
    """From the coldest to the warmest hour of each day; the axis starts and ends at multiples of 10 °C."""
    known = [row for row in weather.values() if row["coldest_c"] is not None]
    low: int = 10 * floor(min([0, *(row["coldest_c"] for row in known)]) / 10)
    high: int = 10 * ceil(max([10, *(row["warmest_c"] for row in known)]) / 10)

    def position(value: float) -> float:
        return 100 * (high - value) / (high - low)

    bars = []
    for index, row in enumerate(map(weather.get, days)):
        if row and row["coldest_c"] is not None:
            top, bottom = position(row["warmest_c"]), position(row["coldest_c"])
            bars.append({"index": index, "from": top, "height": max(2, bottom - top)})
    return {"low": low, "high": high, "freezing": position(0), "bars": bars}


def weekly(month: date, modes: Sequence[str], hours: Sequence[Row]) -> list[dict[str, Any]]:
    """For each mode the mean trips of each hour of each weekday, with the shade of its cell."""
    times = [sum(day.weekday() == weekday for day in days_of(month)) for weekday in range(7)]
    count = {(row["trip_type"], row["weekday"], row["hour_of_day"]): row["trips"] for row in hours}
    charts = []
    for mode in modes:
        means = [[count.get((mode, day + 1, hour), 0) / times[day] for hour in range(24)] for day in range(7)]
        top, day, hour = max((means[day][hour], day, hour) for day in range(7) for hour in range(24))
        bounds = [top * step / SHADES for step in range(SHADES)]
        lines = [
            {"weekday": WEEKDAYS[day], "cells": [{"trips": mean, "shade": shade(mean, bounds)} for mean in means[day]]}
            for day in range(7)
        ]
        busiest = f"{WEEKDAYS[day]}s {hour:02}:00–{hour + 1:02}:00, {number(top)} trips per hour"
        charts.append({"mode": mode, "lines": lines, "busiest": busiest})
    return charts


def shade(value: float, bounds: Sequence[float]) -> int:
    """The number of bounds below the value; 0 for values of 0."""
    return bisect.bisect_left(bounds, value) if value > 0 else 0


def shade_bounds(most: int) -> list[int]:
    """Lower bounds of the shades, on a logarithmic scale: amounts of zones differ by powers of ten."""
    found = {two_digits(most ** (step / SHADES)) for step in range(1, SHADES)}
    return [0, *sorted(bound for bound in found if 0 < bound < most)]


def two_digits(value: float) -> int:
    """The value rounded down to two significant digits."""
    unit = 10 ** max(0, len(str(int(value))) - 2)
    return int(value // unit * unit)


def legend(bounds: Sequence[int], most: int) -> list[dict[str, Any]]:
    """``1 to 30``, ``31 to 120`` ... for each shade."""
    ends = [*bounds[1:], most]
    return [
        {"shade": index, "label": f"{number(low + 1)} to {number(high)}" if high > low + 1 else number(high)}
        for index, (low, high) in enumerate(zip(bounds, ends, strict=True), 1)
    ]


def grouped(lines: Sequence[Row], column: str) -> list[tuple[Any, list[Row]]]:
    """The rows by the value of a column, in its order."""
    ordered = sorted(lines, key=itemgetter(column))
    return [(value, list(members)) for value, members in groupby(ordered, itemgetter(column))]
