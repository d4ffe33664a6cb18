"""What is usual for a source: numbers of the months before, as parameters of expectations that compare months."""

import calendar
import statistics
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb

from pipeline.months import add_months

MONTHS_BEFORE = 6
"""Months before the month under validation whose median is usual."""
MONTHS_NEEDED = 3
"""Of these, the fewest that make a baseline."""
KEYS = ("source", "source_month")

Profile = Mapping[str, Any]
"""A row of audit.month_profile."""


@dataclass(frozen=True)
class Baseline:
    """What is known of the sources of a month before it is validated. The key "" stands for the month as a whole.

    ``months``: for each source the usable months among the six before; empty if there are fewer than three.
    ``parameters``: for each source the parameters of suites: ``days`` (of the month), ``usual_<measure>`` (median of
    the months before) and ``last_year_<measure>`` (same month a year ago).
    """

    month: date
    months: Mapping[str, list[date]]
    parameters: Mapping[str, Mapping[str, float]]

    def missing(self, source: str, names: Collection[str], needs_history: bool) -> str:
        """Why an expectation with these parameters cannot be evaluated yet; empty where it can."""
        unknown = set(names) - set(self.parameters[source])
        if any(name.startswith("last_year_") for name in unknown):
            return f"needs a longer history ({add_months(self.month, -12):%Y-%m})"
        if unknown or (needs_history and not self.months[source]):
            return f"needs a longer history (at least {MONTHS_NEEDED} of the {MONTHS_BEFORE} months before)"
        return ""


def read_profiles(con: duckdb.DuckDBPyConnection) -> list[Profile]:
    """All rows of audit.month_profile: one for each source and month."""
    found = con.execute("select * from audit.month_profile")
    names = [column[0] for column in found.description or []]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def baseline_of(month: date, profiles: Sequence[Profile], excluded: Collection[date]) -> Baseline:
    """The baseline of each source of the month. ``excluded`` are rejected months, which do not define what is usual."""
    year_ago = add_months(month, -12)
    before = [add_months(month, -distance) for distance in range(1, MONTHS_BEFORE + 1)]
    usable = [profile for profile in profiles if profile["source_month"] not in excluded]
    months: dict[str, list[date]] = {"": []}
    parameters: dict[str, Mapping[str, float]] = {"": {"days": calendar.monthrange(month.year, month.month)[1]}}
    for source in sorted(profile["source"] for profile in profiles if profile["source_month"] == month):
        of_source = [profile for profile in usable if profile["source"] == source]
        recent = [profile for profile in of_source if profile["source_month"] in before]
        last_year = [profile for profile in of_source if profile["source_month"] == year_ago]
        months[source] = sorted(profile["source_month"] for profile in recent) if len(recent) >= MONTHS_NEEDED else []
        compared = usual(recent) | (with_prefix("last_year", last_year[0]) if last_year else {})
        parameters[source] = {**parameters[""], **compared}
    return Baseline(month, months, parameters)


def usual(profiles: Sequence[Profile]) -> dict[str, float]:
    """``usual_<measure>``: the median of each measure that enough of the months have."""
    measures = {
        name: [profile[name] for profile in profiles if profile[name] is not None]
        for name in (profiles[0] if profiles else ())
        if name not in KEYS
    }
    medians = {name: statistics.median(values) for name, values in measures.items() if len(values) >= MONTHS_NEEDED}
    return with_prefix("usual", medians)


def with_prefix(prefix: str, profile: Profile) -> dict[str, float]:
    return {
        f"{prefix}_{name}": float(value) for name, value in profile.items() if name not in KEYS and value is not None
    }
