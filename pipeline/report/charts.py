"""Figures -> what is drawn, as lengths and classes of colour: the templates make rectangles and table cells of it.

Drawings stretch with the page, and their texts are the page's own: nothing gets too small to read on a telephone.
"""

import bisect
import calendar
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import groupby
from math import ceil, floor, log10
from operator import itemgetter
from typing import Any

from pipeline.report.figures import Row
from pipeline.report.words import WEEKDAYS, day_name, mode_title, number, trips_label

SHADES = 6
"""How many shades of colour tell amounts apart, 1 to 6; 0 is none at all."""


def round_up(value: float) -> float:
    """The next of 1, 1.5, 2, 3, 4, 5, 6, 8 and 10 in its power of ten: where an axis ends."""
    if value <= 0:
        return 1
    power = 10.0 ** floor(log10(value))
    return min(step * power for step in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if value <= step * power)


def days_of(month: date) -> list[date]:
    return [month + timedelta(days=day) for day in range(calendar.monthrange(month.year, month.month)[1])]


def by_day(month: date, modes: Sequence[str], trips: Sequence[Row], weather: Sequence[Row]) -> dict[str, Any]:
    """The strips of the month's days: trips of each mode, their shares, what fell, how warm it was."""
    days = days_of(month)
    count = {(row["day"], row["trip_type"]): row["trips"] for row in trips}
    sky = {row["day"]: row for row in weather}
    return {
        "days": [
            {"day": day, "is_weekend": day.weekday() > 4, "trips": {mode: count.get((day, mode), 0) for mode in modes}}
            | {"weather": sky.get(day), "told": told(day, sky.get(day))}
            for day in days
        ],
        "strips": [trips_strip(mode, days, count, sky) for mode in modes],
        "shares": shares(modes, days, count),
        "water": water(days, sky),
        "warmth": warmth(days, sky),
    }


def told(day: date, sky: Row | None) -> str:
    """``Tue 9 January: 41.2 mm rain, 2 to 12 °C``."""
    if sky is None:
        return f"{day_name(day)}: weather not known"
    fell = [number(sky["rain_mm"], "mm rain", 1)] if sky["rain_mm"] > 0 else []
    fell += [number(sky["snow_cm"], "cm snow", 1)] if sky["snow_cm"] > 0 else []
    warm = [] if sky["coldest_c"] is None else [f"{number(sky['coldest_c'])} to {number(sky['warmest_c'], '°C')}"]
    return f"{day_name(day)}: {', '.join([*(fell or ['dry']), *warm])}"


def trips_strip(mode: str, days: Sequence[date], count: dict[Any, int], sky: dict[date, Row]) -> dict[str, Any]:
    values = [count.get((day, mode), 0) for day in days]
    top = round_up(max(values, default=0))
    least, most = (pick(range(len(days)), key=values.__getitem__) for pick in (min, max))
    return {
        "mode": mode,
        "top": top,
        "bars": [
            {"height": 100 * value / top, "told": f"{told(day, sky.get(day))}. {number(value)} {trips_label(mode)}"}
            for day, value in zip(days, values, strict=True)
        ],
        "summary": f"{mode_title(mode)}: most on {day_name(days[most])} with {number(values[most])}, "
        f"fewest on {day_name(days[least])} with {number(values[least])}.",
    }


def shares(modes: Sequence[str], days: Sequence[date], count: dict[Any, int]) -> list[dict[str, Any]]:
    """For each day and mode the piece of the day's column that its share is; nothing of a day without a trip."""
    pieces = []
    for place, day in enumerate(days):
        total, above = sum(count.get((day, mode), 0) for mode in modes), 0.0
        for mode in modes if total else ():
            share = 100 * count.get((day, mode), 0) / total
            words = f"{day_name(day)}: {mode_title(mode)} {number(share, '%', 1)} of trips"
            pieces.append({"place": place, "mode": mode, "from": above, "height": share, "told": words})
            above += share
    return pieces


def water(days: Sequence[date], sky: dict[date, Row]) -> dict[str, Any]:
    """Rain, and upon it snow as the water that it holds: millimetres a day."""
    fell = [sky.get(day) or {"rain_mm": 0, "snow_mm": 0} for day in days]
    top = max(10.0, round_up(max(row["rain_mm"] + row["snow_mm"] for row in fell)))
    return {
        "top": top,
        "bars": [{"rain": 100 * row["rain_mm"] / top, "snow": 100 * row["snow_mm"] / top} for row in fell],
    }


def warmth(days: Sequence[date], sky: dict[date, Row]) -> dict[str, Any]:
    """From the coldest to the warmest hour of each day, between two tens of °C."""
    known = [row for row in sky.values() if row["coldest_c"] is not None]
    low: int = 10 * floor(min([0, *(row["coldest_c"] for row in known)]) / 10)
    high: int = 10 * ceil(max([10, *(row["warmest_c"] for row in known)]) / 10)

    def at(value: float) -> float:
        return 100 * (high - value) / (high - low)

    bars = [
        {"place": place, "from": at(row["warmest_c"]), "height": max(2, at(row["coldest_c"]) - at(row["warmest_c"]))}
        for place, row in enumerate(map(sky.get, days))
        if row and row["coldest_c"] is not None
    ]
    return {"low": low, "high": high, "freezing": at(0), "bars": bars}


def by_hour(month: date, modes: Sequence[str], hours: Sequence[Row]) -> list[dict[str, Any]]:
    """For each mode the mean trips of each weekday and hour, with the shade that they are drawn in."""
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
        busiest = f"{WEEKDAYS[day]}s, {hour}:00 to {(hour + 1) % 24}:00, with {number(top)} trips an hour"
        charts.append({"mode": mode, "lines": lines, "top": top, "busiest": busiest})
    return charts


def shade(value: float, bounds: Sequence[float]) -> int:
    """The number of bounds below the value: 0 for none."""
    return bisect.bisect_left(bounds, value) if value > 0 else 0


def steps(most: int) -> list[int]:
    """Bounds of the shades of amounts that differ by powers of ten: each is as many times the one before."""
    found = {two_digits(most ** (step / SHADES)) for step in range(1, SHADES)}
    return [0, *sorted(bound for bound in found if 0 < bound < most)]


def two_digits(value: float) -> int:
    unit = 10 ** max(0, len(str(int(value))) - 2)
    return int(value // unit * unit)


def legend(bounds: Sequence[int], most: int) -> list[dict[str, Any]]:
    """``1 to 30``, ``31 to 120`` ... for each shade."""
    ends = [*bounds[1:], most]
    return [
        {"shade": place, "words": f"{number(low + 1)} to {number(high)}" if high > low + 1 else number(high)}
        for place, (low, high) in enumerate(zip(bounds, ends, strict=True), 1)
    ]


def grouped(lines: Sequence[Row], name: str) -> list[tuple[Any, list[Row]]]:
    """The rows by the value of a column, in its order."""
    ordered = sorted(lines, key=itemgetter(name))
    return [(value, list(members)) for value, members in groupby(ordered, itemgetter(name))]
