"""Effects of the weather -> sentences that summarize them, and where they are drawn."""

import math
from collections.abc import Sequence
from typing import Any

from pipeline.report.figures import Row
from pipeline.report.words import CONDITIONS, capitalized, joined, number, signed, trips_label

UNUSUAL_RATIO = 2.0
"""The page warns of a mode whose last week has this many times the trips of its first week, or the reverse."""


def answer(effects: Sequence[Row]) -> list[str]:
    """A sentence on one condition, and one on each other condition that has a significant effect.

    The first condition with a significant effect comes first; without any, the first one that is estimated.
    """
    estimated = {
        condition: [effect for effect in effects if effect["condition"] == condition and is_estimated(effect)]
        for condition in CONDITIONS
    }
    significant = [name for name in CONDITIONS if any(map(is_significant, estimated[name]))]
    selected = significant or [name for name in CONDITIONS if estimated[name]][:1]
    others = [significant_changes(name, estimated[name]) for name in selected[1:]]
    return [sentence(name, estimated[name]) for name in selected[:1]] + [f"{capitalized(text)}." for text in others]


def sentence(condition: str, effects: Sequence[Row]) -> str:
    """``Citi Bike rides fell 31% in rainy hours (95% CI 12–47%); no clear change in green taxi trips (−3% to +8%).``"""
    unclear = [effect for effect in effects if not is_significant(effect)]
    trips = joined([f"{trips_label(effect['trip_type'])} ({interval(effect)})" for effect in unclear], "or")
    changes = significant_changes(condition, effects)
    if not changes:
        return f"No clear change in {trips} {CONDITIONS[condition].phrase}."
    return capitalized(f"{changes}; no clear change in {trips}." if trips else f"{changes}.")


def significant_changes(condition: str, effects: Sequence[Row]) -> str:
    """``Citi Bike rides fell 20% in rainy hours (95% CI 10–30%) and yellow taxi trips rose 12% (2–25%)``.

    The largest change comes first. Empty where no effect is significant.
    """
    found = sorted(filter(is_significant, effects), key=lambda effect: -abs(effect["effect_pct"]))
    changes = [f"{change(effect)} ({magnitudes(effect)})" for effect in found[1:]]
    first = [f"{change(effect)} {CONDITIONS[condition].phrase} (95% CI {magnitudes(effect)})" for effect in found[:1]]
    return joined(first + changes)


def change(effect: Row) -> str:
    """``Citi Bike rides fell 31%``."""
    verb = "fell" if effect["effect_pct"] < 0 else "rose"
    return f"{trips_label(effect['trip_type'])} {verb} {number(abs(effect['effect_pct']), '%')}"


def magnitudes(effect: Row) -> str:
    """``12–47%``: the interval of a significant effect, without its sign."""
    low, high = sorted(abs(effect[end]) for end in ("low_pct", "high_pct"))
    return f"{number(low)}–{number(high, '%')}"


def interval(effect: Row) -> str:
    """``−3% to +8%``."""
    return f"{signed(effect['low_pct'], '%')} to {signed(effect['high_pct'], '%')}"


def unusual_changes(days: Sequence[Row]) -> list[str]:
    """A sentence on the modes whose trips at least doubled or halved within the month, as in March 2020."""
    found = []
    for mode in sorted({row["trip_type"] for row in days}):
        trips = {row["day"].day: row["trips"] for row in days if row["trip_type"] == mode}
        last = max(row["day"].day for row in days)
        first_week, last_week = (sum(trips.get(day + 1 + offset, 0) for day in range(7)) for offset in (0, last - 7))
        ratio = last_week / first_week if first_week else 1
        if not 1 / UNUSUAL_RATIO < ratio < UNUSUAL_RATIO:
            verb = "rose" if ratio > 1 else "fell"
            found.append(f"{trips_label(mode)} {verb} {number(100 * abs(ratio - 1), '%')}")
    if not found:
        return []
    text = f"{joined(found)} between the first and the last week of the month."
    return [f"{capitalized(text)} Weather alone does not explain such a change."]


def is_estimated(effect: Row) -> bool:
    return bool(effect["effect_pct"] is not None)


def is_significant(effect: Row) -> bool:
    """Whether the whole interval is on one side of 0, also when its ends are rounded to whole percent."""
    low, high = round(effect["low_pct"]), round(effect["high_pct"])
    return bool(low * high > 0)


def forest(effects: Sequence[Row]) -> dict[str, Any]:
    """Positions of each effect and its interval on a common axis, in percent of the axis' length, by condition.

    ``hours`` of a condition are the numbers of hours with and without it, if they are the same for all modes.
    The axis includes all intervals, but ends at -100 and +100% at most: ``is_cut`` marks intervals that go on.
    """
    known = [effect for effect in effects if is_estimated(effect)]
    low: int = max(-100, 25 * math.floor(min([-25, *(effect["low_pct"] for effect in known)]) / 25))
    high: int = min(100, 25 * math.ceil(max([25, *(effect["high_pct"] for effect in known)]) / 25))

    def position(value: float) -> float:
        return round(100.0 * (min(max(value, low), high) - low) / (high - low), 2)

    groups = []
    for condition in CONDITIONS:
        members = [effect for effect in effects if effect["condition"] == condition]
        lines = [
            effect
            | {"is_significant": is_significant(effect)}
            | {"is_cut": effect["low_pct"] < low or effect["high_pct"] > high}
            | {name: position(effect[f"{name}_pct"]) for name in ("low", "effect", "high")}
            for effect in members
            if is_estimated(effect)
        ]
        hours = {(line["hours_with"], line["hours_without"]) for line in lines}
        groups.append(
            {
                "condition": condition,
                "lines": lines,
                "hours": hours.pop() if len(hours) == 1 else None,
                "not_estimated": [effect for effect in members if not is_estimated(effect)],
            }
        )
    step = 25 if high - low <= 100 else 50
    ticks = [{"at": position(value), "value": value} for value in range(-100, 101, step) if low <= value <= high]
    return {"groups": groups, "ticks": ticks, "zero": position(0)}
