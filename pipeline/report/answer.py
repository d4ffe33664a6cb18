"""Effects of the weather -> sentences that summarize them, and where they are drawn."""

import math
from collections.abc import Sequence
from operator import itemgetter
from typing import Any

from pipeline.report.figures import Row
from pipeline.report.words import CONDITIONS, capitalized, joined, number, signed, trips_label

FALSE_DISCOVERY_RATE = 0.05
"""The share of wrong claims among all that pages make, at most. Where no effect exists, it is the share of pages that
claim one."""
UNUSUAL_RATIO = 2.0
"""The page warns of a mode whose last week has this many times the trips of its first week, or the reverse."""
MOST_PER_DEGREE = 0.08
"""The largest change of trips per °C that was found in a real month: Jersey City in December 2020."""
WARMER_C, MUCH_SNOW_CM = 5, 5
FIRST_WEEK, LAST_WEEK = slice(0, 7), slice(-7, None)


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
    """``Citi Bike rides fell 31% in rainy hours (95% CI 12–47%); no significant change in taxi trips (−3% to +8%).``

    An effect can have an interval without 0 and yet not be significant among all of the page: that is said.
    """
    unclear = [effect for effect in effects if not is_significant(effect)]
    trips = joined([f"{trips_label(effect['trip_type'])} ({unclear_interval(effect)})" for effect in unclear], "or")
    changes = significant_changes(condition, effects)
    if not changes:
        return f"No significant change in {trips} {CONDITIONS[condition].phrase}."
    return capitalized(f"{changes}; no significant change in {trips}." if trips else f"{changes}.")


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


def unclear_interval(effect: Row) -> str:
    """``−3% to +8%``, of an effect that is not significant; where it excludes 0, with why."""
    return interval(effect) + (", which may be chance among so many estimates" if excludes_zero(effect) else "")


def interval(effect: Row) -> str:
    """``−3% to +8%``."""
    return f"{signed(effect['low_pct'], '%')} to {signed(effect['high_pct'], '%')}"


def unusual_changes(days: Sequence[Row], weather: Sequence[Row]) -> list[str]:
    """A note on the modes whose trips at least doubled or halved within the month, as in March 2020.

    ``weather`` has the coldest_c, warmest_c and snow_cm of each day, its hours and those of known precipitation. The
    note says that weather does not explain the change only if it is more than the difference in temperature can
    explain, and it is known that little snow fell.
    """
    ratios = week_ratios(days)
    if not ratios:
        return []
    found = [
        f"{trips_label(mode)} {'rose' if ratio > 1 else 'fell'} {number(100 * abs(ratio - 1), '%')}"
        for mode, ratio in ratios.items()
    ]
    sentences = [f"{capitalized(joined(found))} between the first and the last week of the month."]
    celsius = [week_temperature(sorted(weather, key=itemgetter("day"))[part]) for part in (FIRST_WEEK, LAST_WEEK)]
    if celsius[0] is not None and celsius[1] is not None:
        degrees = celsius[1] - celsius[0]
        if abs(degrees) >= WARMER_C:
            before, after = number(celsius[0]), number(celsius[1], "°C")
            sentences.append(f"The mean temperature {'rose' if degrees > 0 else 'fell'} from {before} to {after}.")
        explained = abs(degrees) * math.log1p(MOST_PER_DEGREE) + math.log(UNUSUAL_RATIO)
        is_beyond = all(abs(math.log(max(ratio, 1e-9))) >= explained for ratio in ratios.values())
        is_known = all(row["known_hours"] == row["hours"] for row in weather)
        if is_beyond and is_known and sum(row["snow_cm"] for row in weather) < MUCH_SNOW_CM:
            sentences.append("Weather alone does not explain such a change.")
    return [" ".join(sentences)]


def week_ratios(days: Sequence[Row]) -> dict[str, float]:
    """Trips of the last week in relation to those of the first week, of the modes in which they are unusual."""
    found = {}
    for mode in sorted({row["trip_type"] for row in days}):
        trips = {row["day"].day: row["trips"] for row in days if row["trip_type"] == mode}
        last = max(row["day"].day for row in days)
        first_week, last_week = (sum(trips.get(day + 1 + offset, 0) for day in range(7)) for offset in (0, last - 7))
        ratio = last_week / first_week if first_week else 1
        if not 1 / UNUSUAL_RATIO < ratio < UNUSUAL_RATIO:
            found[mode] = ratio
    return found


def week_temperature(days: Sequence[Row]) -> float | None:
    """The mean of the days' lowest and highest temperatures; None if one is unknown."""
    ends = [day[end] for day in days for end in ("coldest_c", "warmest_c")]
    return sum(ends) / len(ends) if ends and None not in ends else None


def is_estimated(effect: Row) -> bool:
    return bool(effect["effect_pct"] is not None)


def is_significant(effect: Row) -> bool:
    """Whether the effect is significant among all of its month, and its interval excludes 0 in whole percent as well.

    On pages of three modes without any effect, 46% had an interval that excluded 0 (2026-11). Of a month that was
    measured before, ``q_value`` is unknown.
    """
    q_value = effect.get("q_value")
    return excludes_zero(effect) and q_value is not None and bool(q_value < FALSE_DISCOVERY_RATE)


def excludes_zero(effect: Row) -> bool:
    """Whether the interval, in whole percent as it is shown, is on one side of 0."""
    return bool(round(effect["low_pct"]) * round(effect["high_pct"]) > 0)


def is_same(effect: Row, other: Row) -> bool:
    """Whether both are of the same mode and condition."""
    return bool(effect["trip_type"] == other["trip_type"] and effect["condition"] == other["condition"])


def forest(effects: Sequence[Row], single: Sequence[Row] = ()) -> dict[str, Any]:
    """Positions of each effect and its interval on a common axis, in percent of the axis' length, by condition.

    ``hours`` of a condition are the numbers of hours with and without it, if they are the same for all modes.
    The axis includes all intervals, but ends at -100 and +100% at most: ``is_cut`` marks intervals that go on.
    ``single`` effects, of which those of a line are its mean, are its ``marks``, without their intervals.
    """
    known, marks = ([effect for effect in some if is_estimated(effect)] for some in (effects, single))
    ends = [effect[end] for effect in known for end in ("low_pct", "high_pct")] + [one["effect_pct"] for one in marks]
    low: int = max(-100, 25 * math.floor(min([-25, *ends]) / 25))
    high: int = min(100, 25 * math.ceil(max([25, *ends]) / 25))

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
            | {"marks": [one | {"at": position(one["effect_pct"])} for one in marks if is_same(one, effect)]}
            for effect in members
            if is_estimated(effect)
        ]
        hours = {(line.get("hours_with"), line.get("hours_without")) for line in lines}
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
