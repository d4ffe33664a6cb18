"""A month against the month before and the same month a year before, as far as those were published and are alike."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from pipeline.months import add_months
from pipeline.report.figures import Row, rows
from pipeline.sources import sources

MODES = "select trip__trip_type as trip_type, total_trips from read_parquet($1, hive_partitioning = false)"
LEDGER = "select source from read_parquet($1, hive_partitioning = false)"


@dataclass(frozen=True)
class Earlier:
    """How many trips each mode had in an earlier month, and from which sources; None of both where it is not there."""

    month: date
    trips: Mapping[str, int] | None
    sources: frozenset[str]


@dataclass(frozen=True)
class Change:
    """By how many percent trips changed since an earlier month, or why that cannot be said."""

    month: date
    percent: float | None
    why_not: str = ""


def earlier(published: Path, month: date) -> list[Earlier]:
    """The months that the month is compared with, whether they are there or not."""
    return [read(published, add_months(month, distance)) for distance in (-1, -12)]


def read(published: Path, month: date) -> Earlier:
    folder = f"month={month:%Y-%m}"
    modes = published / "metrics" / folder / "by_mode.parquet"
    ledger = published / "month_ledger" / folder / "month_ledger.parquet"
    if not modes.exists() or not ledger.exists():
        return Earlier(month, None, frozenset())
    with duckdb.connect() as con:
        return Earlier(
            month,
            {row["trip_type"]: row["total_trips"] for row in rows(con, MODES, [str(modes)])},
            trip_sources(row["source"] for row in rows(con, LEDGER, [str(ledger)])),
        )


def trip_sources(names: Iterable[str]) -> frozenset[str]:
    return frozenset(name for name in names if sources()[name].kind == "trips")


def changes(modes: Iterable[Row], loaded: frozenset[str], before: Iterable[Earlier]) -> dict[str | None, list[Change]]:
    """How the trips of each mode changed since each of the earlier months; of all modes under None."""
    trips: dict[str | None, int] = {mode["trip_type"]: mode["total_trips"] for mode in modes}
    trips[None] = sum(trips.values())
    return {mode: [change(mode, now, loaded, one) for one in before] for mode, now in trips.items()}


def change(mode: str | None, now: int, loaded: frozenset[str], before: Earlier) -> Change:
    """Months made from other sources of a mode are not compared: Jersey City alone is no fall of Citi Bike."""
    if before.trips is None:
        return Change(before.month, None, "not in the warehouse")
    if sources_of_mode(mode, loaded) != sources_of_mode(mode, before.sources):
        return Change(before.month, None, "other sources")
    then = sum(before.trips.values()) if mode is None else before.trips.get(mode, 0)
    return Change(before.month, 100 * (now / then - 1)) if then else Change(before.month, None, "no trips then")


def sources_of_mode(mode: str | None, names: Iterable[str]) -> frozenset[str]:
    """Those of the sources that publish trips of the mode, or of any mode for None."""
    return frozenset(name for name in names if mode is None or sources()[name].trip_type == mode)


def missing(month: date, loaded: Iterable[str], as_of: date) -> list[str]:
    """What of the enabled sources the month was made without by that day, in words."""
    absent = [
        source
        for source in sources().values()
        if source.enabled and source.kind == "trips" and source.first_month <= month and source.name not in loaded
    ]
    age = (as_of - add_months(month, 1)).days
    late = [source for source in absent if age <= source.lag_days[1]]
    found = [
        f"{source.publisher.title} had not published {source.title} of {month:%Y-%m} by {as_of}, it seems: "
        f"that takes {source.lag_days[0]} to {source.lag_days[1]} days from the end of the month."
        for source in late
    ]
    if left_out := [source.title for source in absent if source not in late]:
        found.append(f"Made without: {'; '.join(left_out)}.")
    return found
