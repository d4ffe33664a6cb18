"""What is usual for a source, from the months before: the parameters of expectations that compare."""

import calendar
import statistics
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb

from pipeline.months import add_months

REACH = 6
"""Months before the one that is judged, which say what is usual."""
NEEDED = 3
"""Of them, before anything is called unusual."""
KEYS = ("source", "source_month")

Profile = Mapping[str, Any]
"""A line of audit.month_profile."""


@dataclass(frozen=True)
class History:
    """What is known before a month is judged, of each of its sources (and, under "", of the month itself).

    ``months``: those among the six before that count, if there are enough; ``parameters``: numbers by the names that
    suites use: ``usual_<measure>`` (median of those months), ``last_year_<measure>``, ``days``.
    """

    month: date
    months: Mapping[str, list[date]]
    parameters: Mapping[str, Mapping[str, float]]

    def lacks(self, source: str, names: Collection[str], all_months: bool) -> str:
        """Why there is nothing to compare with, in words; empty where there is."""
        missing = sorted(set(names) - set(self.parameters[source]))
        if any(name.startswith("last_year_") for name in missing):
            return f"{add_months(self.month, -12):%Y-%m} is not there to compare with"
        if missing or (all_months and not self.months[source]):
            return f"of the {REACH} months before, fewer than {NEEDED} are there to compare with"
        return ""


def profiles(con: duckdb.DuckDBPyConnection) -> list[Profile]:
    """What is known of every source and month."""
    found = con.execute("select * from audit.month_profile")
    names = [column[0] for column in found.description or []]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def history_of(month: date, lines: Sequence[Profile], set_aside: Collection[date]) -> History:
    """Of the month's sources. Months ``set_aside``, because they were rejected, say nothing of what is usual."""
    year_ago = add_months(month, -12)
    before = [add_months(month, -distance) for distance in range(1, REACH + 1)]
    known = [line for line in lines if line["source_month"] not in set_aside]
    months: dict[str, list[date]] = {"": []}
    parameters: dict[str, Mapping[str, float]] = {"": {"days": calendar.monthrange(month.year, month.month)[1]}}
    for source in sorted(line["source"] for line in lines if line["source_month"] == month):
        recent = [line for line in known if line["source"] == source and line["source_month"] in before]
        last_year = [line for line in known if line["source"] == source and line["source_month"] == year_ago]
        months[source] = sorted(line["source_month"] for line in recent) if len(recent) >= NEEDED else []
        compared = usual(recent) | (named("last_year", last_year[0]) if last_year else {})
        parameters[source] = {**parameters[""], **compared}
    return History(month, months, parameters)


def usual(lines: Sequence[Profile]) -> dict[str, float]:
    """The median of each measure that enough months have."""
    measures = {name: [line[name] for line in lines if line[name] is not None] for name in (lines[0] if lines else ())}
    middles = {
        name: statistics.median(values)
        for name, values in measures.items()
        if name not in KEYS and len(values) >= NEEDED
    }
    return named("usual", middles)


def named(prefix: str, line: Profile) -> dict[str, float]:
    return {f"{prefix}_{name}": float(value) for name, value in line.items() if name not in KEYS and value is not None}
