"""Effects of the weather -> what they come to in a sentence or two, and where they are drawn."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.report.figures import Row
from pipeline.report.words import CONDITIONS, listed, number, signed, trips_label

WITH = {
    "rain": "an hour of rain had",
    "snow": "an hour of snow had",
    "cold": "a dry hour below freezing had",
    "heat": "a dry hour of 30 °C or more had",
    "adverse": "an hour of adverse weather had",
}

UPHEAVAL = 2.0
"""How many times the first week's trips the last week's are, or the other way round, for the page to warn of it."""


def answer(effects: Sequence[Row]) -> list[str]:
    """What the weather did: a sentence on the first kind of it that did something for sure, and one on the others."""
    estimated = {
        condition: [effect for effect in effects if effect["condition"] == condition and is_estimated(effect)]
        for condition in CONDITIONS
    }
    told = [name for name in CONDITIONS if estimated[name]]
    told.sort(key=lambda name: not any(map(is_sure, estimated[name])))
    return [sentence(name, estimated[name]) for name in told[:1]] + others(estimated, told[1:])


def others(estimated: Mapping[str, Sequence[Row]], conditions: Sequence[str]) -> list[str]:
    """One sentence on what is sure of these conditions, if anything is."""
    clauses = [
        f"{WITH[name]} {listed([change(effect) for effect in by_magnitude(estimated[name])])}"
        for name in conditions
        if any(map(is_sure, estimated[name]))
    ]
    text = "; ".join(clauses)
    return [f"{text[0].upper()}{text[1:]}."] if text else []


def sentence(condition: str, effects: Sequence[Row]) -> str:
    """``An hour of rain had 31 % fewer Citi Bike rides (12 to 47 %), and no clear change in green taxi trips.``"""
    sure = [change(effect) for effect in by_magnitude(effects)]
    unsure = [f"{trips_label(effect['trip_type'])} ({between(effect)})" for effect in effects if not is_sure(effect)]
    clauses = [listed(sure)] if sure else []
    clauses += [f"no clear change in {listed(unsure, 'or')}"] if unsure else []
    text = f"{WITH[condition]} {', and '.join(clauses)}."
    return text[0].upper() + text[1:]


def upheavals(days: Sequence[Row]) -> list[str]:
    """What else happened: modes whose trips of the last week are far from those of the first, as in March 2020."""
    found = []
    for mode in sorted({row["trip_type"] for row in days}):
        trips = {row["day"].day: row["trips"] for row in days if row["trip_type"] == mode}
        last = max(row["day"].day for row in days)
        first_week, last_week = (sum(trips.get(day + 1 + since, 0) for day in range(7)) for since in (0, last - 7))
        ratio = last_week / first_week if first_week else 1
        if not 1 / UPHEAVAL < ratio < UPHEAVAL:
            found.append(f"{trips_label(mode)} {'rose' if ratio > 1 else 'fell'} by {number(100 * abs(ratio - 1))} %")
    if not found:
        return []
    text = f"{listed(found)} from the month's first week to its last: more than weather was at work."
    return [text[0].upper() + text[1:]]


def change(effect: Row) -> str:
    """``31 % fewer Citi Bike rides (12 to 47 %)``."""
    less = effect["effect_pct"] < 0
    ends = sorted(abs(effect[end]) for end in ("low_pct", "high_pct"))
    much = f"{number(abs(effect['effect_pct']))} % {'fewer' if less else 'more'}"
    return f"{much} {trips_label(effect['trip_type'])} ({number(ends[0])} to {number(ends[1])} %)"


def between(effect: Row) -> str:
    """``−3 to +8 %``."""
    return f"{signed(effect['low_pct'])} to {signed(effect['high_pct'])} %"


def is_estimated(effect: Row) -> bool:
    return bool(effect["effect_pct"] is not None)


def is_sure(effect: Row) -> bool:
    """Whether the whole interval lies on one side of no effect, and not next to it when rounded."""
    low, high = round(effect["low_pct"]), round(effect["high_pct"])
    return bool(low * high > 0)


def by_magnitude(effects: Sequence[Row]) -> list[Row]:
    """Those that are sure, the largest first."""
    return sorted(filter(is_sure, effects), key=lambda effect: -abs(effect["effect_pct"]))


def forest(effects: Sequence[Row]) -> dict[str, Any]:
    """Where each effect and its interval lie between the ends of a common axis, all in percent of its length.

    The axis reaches as far as the intervals do, from -100 to 100 % at most: ``is_cut`` tells of those that go on.
    """
    known = [effect for effect in effects if is_estimated(effect)]
    low: int = max(-100, 25 * math.floor(min([-25, *(effect["low_pct"] for effect in known)]) / 25))
    high: int = min(100, 25 * math.ceil(max([25, *(effect["high_pct"] for effect in known)]) / 25))

    def at(value: float) -> float:
        return round(100.0 * (min(max(value, low), high) - low) / (high - low), 2)

    groups = []
    for condition in CONDITIONS:
        of_it = [effect for effect in effects if effect["condition"] == condition]
        lines = [
            effect
            | {"is_sure": is_sure(effect), "is_cut": effect["low_pct"] < low or effect["high_pct"] > high}
            | {name: at(effect[f"{name}_pct"]) for name in ("low", "effect", "high")}
            for effect in of_it
            if is_estimated(effect)
        ]
        without = [effect for effect in of_it if not is_estimated(effect)]
        groups.append({"condition": condition, "lines": lines, "without": without})
    step = 25 if high - low <= 100 else 50
    ticks = [{"at": at(value), "value": value} for value in range(-100, 101, step) if low <= value <= high]
    return {"groups": groups, "ticks": ticks, "zero": at(0)}
