"""Changes of a month's trips against the month before and the same month of the year before."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pipeline.database import exactly, in_memory
from pipeline.months import add_months
from pipeline.report.figures import Row, rows
from pipeline.report.words import joined, mode_title, month_name, short_month
from pipeline.sources import sources

MODES = "select trip__trip_type as trip_type, total_trips from read_parquet($1, hive_partitioning = false)"
LEDGER = "select source from read_parquet($1, hive_partitioning = false)"


@dataclass(frozen=True)
class EarlierMonth:
    """Trips of each mode in an earlier month, and the sources of trips; ``trips`` is None if it is not published."""

    month: date
    trips: Mapping[str, int] | None
    sources: frozenset[str]


@dataclass(frozen=True)
class Change:
    """The change of trips since an earlier month in percent, or the reason why there is none."""

    month: date
    percent: float | None
    reason: str = ""


def earlier_months(published: Path, month: date) -> list[EarlierMonth]:
    """The months that the month is compared with, published or not."""
    return [read(published, add_months(month, distance)) for distance in (-1, -12)]


def read(published: Path, month: date) -> EarlierMonth:
    folder = f"month={month:%Y-%m}"
    modes = published / "metrics" / folder / "by_mode.parquet"
    ledger = published / "month_ledger" / folder / "month_ledger.parquet"
    if not modes.exists() or not ledger.exists():
        return EarlierMonth(month, None, frozenset())
    with in_memory() as con:
        return EarlierMonth(
            month,
            {row["trip_type"]: row["total_trips"] for row in rows(con, MODES, [exactly(modes)])},
            trip_sources(row["source"] for row in rows(con, LEDGER, [exactly(ledger)])),
        )


def trip_sources(names: Iterable[str]) -> frozenset[str]:
    return frozenset(name for name in names if sources()[name].kind == "trips")


def changes(
    modes: Iterable[Row], loaded: frozenset[str], earlier: Iterable[EarlierMonth]
) -> dict[str | None, list[Change]]:
    """The change of each mode's trips since each of the earlier months; that of all trips has the key None."""
    trips: dict[str | None, int] = {mode["trip_type"]: mode["total_trips"] for mode in modes}
    trips[None] = sum(trips.values())
    return {mode: [change(mode, count, loaded, one) for one in earlier] for mode, count in trips.items()}


def change(mode: str | None, count: int, loaded: frozenset[str], earlier: EarlierMonth) -> Change:
    """Months with different sources of a mode are not compared: Jersey City alone is no fall of Citi Bike rides."""
    if earlier.trips is None:
        return Change(earlier.month, None, "not in the warehouse")
    if sources_of_mode(mode, loaded) != sources_of_mode(mode, earlier.sources):
        return Change(earlier.month, None, "different sources")
    before = sum(earlier.trips.values()) if mode is None else earlier.trips.get(mode, 0)
    return Change(earlier.month, 100 * (count / before - 1)) if before else Change(earlier.month, None, "no trips")


def sources_of_mode(mode: str | None, names: Iterable[str]) -> frozenset[str]:
    """Those of the sources that publish trips of the mode, or of any mode for None."""
    return frozenset(name for name in names if mode is None or sources()[name].trip_type == mode)


def no_change_note(found: Mapping[str | None, list[Change]]) -> str:
    """``Dec 2023 and Jan 2023 (not in the warehouse)``, ``Jan 2023 (different sources of Citi Bike and all trips)``.

    Empty if every mode has a change since each month.
    """
    titles: dict[tuple[date, str], list[str]] = {}
    for mode, several in found.items():
        for one in several:
            if one.percent is None:
                title = "all trips" if mode is None else mode_title(mode)
                titles.setdefault((one.month, one.reason), []).append(title)
    months: dict[str, list[str]] = {}
    for (month, reason), of_modes in titles.items():
        text = reason if len(of_modes) == len(found) else f"{reason} of {joined(of_modes)}"
        months.setdefault(text, []).append(short_month(month))
    return "; ".join(f"{joined(names)} ({text})" for text, names in months.items())


def missing_sources(month: date, loaded: Iterable[str], as_of: date) -> list[str]:
    """Sentences on the enabled sources of trips that were missing when the month was built."""
    absent = [
        source
        for source in sources().values()
        if source.enabled and source.kind == "trips" and source.first_month <= month and source.name not in loaded
    ]
    age = (as_of - add_months(month, 1)).days
    late = [source for source in absent if age <= source.lag_days[1]]
    found = [
        f"Not included: {source.title}. {source.publisher.title} had probably not published {month_name(month)} by "
        f"{as_of}; it usually does so {source.lag_days[0]} to {source.lag_days[1]} days after the end of the month."
        for source in late
    ]
    if others := [source.title for source in absent if source not in late]:
        found.append(f"Not included: {'; '.join(others)}.")
    return found
