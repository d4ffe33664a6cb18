"""The published metrics of all months -> trips by mode and month, and effects of the weather by month."""

import csv
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from pipeline.database import exactly, in_memory
from pipeline.months import month_range
from pipeline.report.answer import answer, forest, interval, is_estimated, is_significant
from pipeline.report.charts import round_up
from pipeline.report.earlier import sources_of_mode
from pipeline.report.figures import Row, rows
from pipeline.report.words import (
    CONDITIONS,
    area,
    counted,
    mode_title,
    month_name,
    number,
    showing,
    signed,
    trips_label,
)

ESTIMATED = ("effect_pct", "low_pct", "high_pct", "q_value")
"""The columns of numbers that are read of an effect. A month of an earlier version may lack one."""
POOLED = """
select * from read_parquet($1, hive_partitioning = false) where season = 'all' and pickup_borough = 'all' order by all
"""
LEDGER = """
select source_month as month, * exclude (source_month)
from read_parquet($1, hive_partitioning = false, union_by_name = true) order by month, source
"""
AXIS_END = 100
"""End of the axis of effects in percent; larger effects are cut off."""


@dataclass(frozen=True)
class Trends:
    """What the index shows. ``span`` is the common axis: every month from the first to the last published one."""

    months: list[date]
    by_month: dict[date, dict[str, Row]]
    sources: dict[date, list[str]]
    ledger: list[Row]
    answers: list[str]
    pooled: dict[str, Any]
    area_notes: list[str]
    modes: list[str]
    span: list[date]
    years: list[dict[str, int]]
    strips: list[dict[str, Any]]
    effects: list[dict[str, Any]]


def trends(published: Path) -> Trends:
    """The trends over all months whose metrics are published."""
    files = [exactly(path) for path in sorted(published.glob("month_ledger/month=*/month_ledger.parquet"))]
    over_all = published / "metrics/weather_effects_pooled.parquet"
    with in_memory() as con:
        ledger = rows(con, LEDGER, [files]) if files else []
        pooled = rows(con, POOLED, [exactly(over_all)]) if over_all.exists() else []
    with showing(row["source"] for row in ledger):
        return trends_of(trips_of_months(published), effects_of_months(published), ledger, pooled)


def trips_of_months(published: Path) -> list[Row]:
    """The trips of each mode in each month."""
    return [
        {
            "month": date.fromisoformat(row["metric_time__month"][:10]),
            "trip_type": row["trip__trip_type"],
            "trips": int(float(row["total_trips"])),
        }
        for row in csv_rows(published, "by_mode")
    ]


def effects_of_months(published: Path) -> list[Row]:
    """The effect of each condition on each mode in each month, None where there is no estimate."""
    return [
        {"month": date.fromisoformat(row["source_month"]), "trip_type": row["trip_type"], "condition": row["condition"]}
        | {name: float(row[name]) if row.get(name) else None for name in ESTIMATED}
        for row in csv_rows(published, "weather_effects")
    ]


def csv_rows(published: Path, name: str) -> Iterator[dict[str, str]]:
    """The rows of all months' CSV files of this name. Parquet files of so few rows take ten times as long (2026-11)."""
    for file in sorted(published.glob(f"metrics/month=*/{name}.csv")):
        with file.open(encoding="utf-8", newline="") as lines:
            yield from csv.DictReader(lines)


def trends_of(trips: list[Row], effects: list[Row], ledger: list[Row], pooled: list[Row]) -> Trends:
    """The trends, from the metrics by mode, the estimated effects and the ledger of all months."""
    months = sorted({row["month"] for row in (*trips, *effects)})
    span = month_range(months[0], months[-1]) if months else []
    loaded = {month: [row["source"] for row in rows] for month, rows in groupby(ledger, itemgetter("month"))}
    trips = labelled(trips, trips_of_month, loaded)
    effects = labelled(filter(is_estimated, effects), effect_label, loaded)
    total: dict[str, int] = {}
    for row in trips:
        total[row["trip_type"]] = total.get(row["trip_type"], 0) + row["trips"]
    modes = sorted(total, key=total.__getitem__, reverse=True)
    return Trends(
        months=months,
        by_month={month: {row["trip_type"]: row for row in trips if row["month"] == month} for month in months},
        sources=loaded,
        ledger=ledger,
        answers=answer(pooled),
        pooled=forest(pooled, effects),
        area_notes=[note for mode in modes if (note := area_note(mode, loaded.values()))],
        modes=modes,
        span=span,
        years=year_labels(span),
        strips=[trips_strip(mode, span, trips) for mode in modes],
        effects=[effect_strips(condition, modes, span, effects) for condition in CONDITIONS],
    )


def labelled(found: Iterable[Row], label: Callable[[Row], str], loaded: Mapping[date, Sequence[str]]) -> list[Row]:
    """The rows with a label, which names the areas of the sources that are loaded for the month."""
    with_labels = []
    for row in found:
        with showing(loaded.get(row["month"], ())):
            with_labels.append(row | {"label": label(row)})
    return with_labels


def area_note(mode: str, loaded: Iterable[Sequence[str]]) -> str:
    """A sentence on the areas of the mode's trips, if they differ between the months of these sources."""
    areas: Counter[str] = Counter()
    for names in loaded:
        with showing(names):
            areas.update([area(mode)] if sources_of_mode(mode, names) else [])
    if len(areas) < 2:
        return ""
    with showing(()):
        trips = trips_label(mode)
    months = "; ".join(f"{name} in {counted(count, 'month')}" for name, count in sorted(areas.items()))
    return f"The areas of {trips} differ: {months}."


def year_labels(span: Sequence[date]) -> list[dict[str, int]]:
    """Where each year begins, without the first year if the label of the second one would cover it."""
    starts = {year: month_index(span, date(year, 1, 1)) for year in sorted({month.year for month in span})}
    found = [{"year": year, "at": start} for year, start in starts.items()]
    return found[1:] if len(found) > 1 and found[1]["at"] < len(span) / 8 else found


def month_index(span: Sequence[date], month: date) -> int:
    """The number of months since the first one; 0 for months before it."""
    return max(0, (month.year - span[0].year) * 12 + month.month - span[0].month)


def trips_strip(mode: str, span: Sequence[date], trips: Sequence[Row]) -> dict[str, Any]:
    """The mode's trips in each month that has some."""
    members = [row for row in trips if row["trip_type"] == mode]
    top = round_up(max(row["trips"] for row in members))
    bars = [
        {
            "at": month_index(span, row["month"]),
            "height": 100 * row["trips"] / top,
            "label": row["label"],
        }
        for row in members
    ]
    return {"mode": mode, "top": top, "bars": bars, "count": len(members)}


def effect_strips(condition: str, modes: Sequence[str], span: Sequence[date], effects: Sequence[Row]) -> dict[str, Any]:
    """The condition's effects on each mode: the interval of each month that has one, cut off at ±100%."""
    found = []
    for mode in modes:
        known = [row for row in effects if (row["trip_type"], row["condition"]) == (mode, condition)]
        if known:
            bars = [
                {"at": month_index(span, row["month"]), "is_significant": is_significant(row), "label": row["label"]}
                | {end: depth(row[f"{end}_pct"]) for end in ("low", "effect", "high")}
                for row in known
            ]
            found.append({"mode": mode, "bars": bars})
    return {"condition": condition, "strips": found}


def depth(percent: float) -> float:
    """The distance from the top of the chart: 0 for +100% or more, 100 for -100%."""
    return round((AXIS_END - min(percent, AXIS_END)) / 2, 2)


def trips_of_month(row: Row) -> str:
    """``January 2024: 500 Citi Bike rides``."""
    return f"{month_name(row['month'])}: {number(row['trips'])} {trips_label(row['trip_type'])}"


def effect_label(effect: Row) -> str:
    """``January 2024, Citi Bike: −32% (−47% to −12%)``."""
    title = f"{month_name(effect['month'])}, {mode_title(effect['trip_type'])}"
    return f"{title}: {signed(effect['effect_pct'], '%')} ({interval(effect)})"
