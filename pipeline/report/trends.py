"""The published metrics of all months -> trips by mode and month, and what weather did, over the years."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

import duckdb

from pipeline.months import add_months
from pipeline.report.answer import is_estimated, is_sure
from pipeline.report.charts import round_up
from pipeline.report.figures import Row, rows
from pipeline.report.words import CONDITIONS, mode_title, month_name, number, signed, trips_label

MODES = """
select metric_time__month::date as month, trip__trip_type as trip_type, total_trips::bigint as trips, total_revenue
from read_parquet($1, hive_partitioning = false, union_by_name = true) order by all
"""
EFFECTS = """
select source_month as month, * exclude (source_month)
from read_parquet($1, hive_partitioning = false, union_by_name = true) order by all
"""
SOURCES = """
select source_month as month, list(source order by source) as sources
from read_parquet($1, hive_partitioning = false, union_by_name = true) group by all order by all
"""
MOST = 100
"""Percent, beyond which a drawn effect is cut off."""


@dataclass(frozen=True)
class Trends:
    """What the index shows: the months that are published, and where on one axis of months each thing is drawn."""

    months: list[date]
    by_month: dict[date, dict[str, Row]]
    made_from: dict[date, list[str]]
    answers: list[str]
    modes: list[str]
    span: list[date]
    years: list[dict[str, int]]
    strips: list[dict[str, Any]]
    effects: list[dict[str, Any]]


def trends(published: Path) -> Trends:
    """Of all months whose metrics are published: three statements, whatever their number."""
    with duckdb.connect() as con:
        trips = read(con, published, "by_mode", MODES)
        effects = read(con, published, "weather_effects", EFFECTS)
        made_from = read(con, published, "month_ledger", SOURCES, "month_ledger")
    months = sorted({row["month"] for row in (*trips, *effects)})
    span = between(months[0], months[-1]) if months else []
    total: dict[str, int] = {}
    for row in trips:
        total[row["trip_type"]] = total.get(row["trip_type"], 0) + row["trips"]
    modes = sorted(total, key=total.__getitem__, reverse=True)
    return Trends(
        months=months,
        by_month={month: {row["trip_type"]: row for row in trips if row["month"] == month} for month in months},
        made_from={row["month"]: row["sources"] for row in made_from},
        answers=answers(modes, effects),
        modes=modes,
        span=span,
        years=years(span),
        strips=[strip(mode, span, trips) for mode in modes],
        effects=[effect_strips(condition, modes, span, effects) for condition in CONDITIONS],
    )


def read(con: duckdb.DuckDBPyConnection, published: Path, name: str, sql: str, folder: str = "metrics") -> list[Row]:
    files = sorted(map(str, published.glob(f"{folder}/month=*/{name}.parquet")))
    return rows(con, sql, [files]) if files else []


def answers(modes: Sequence[str], effects: Sequence[Row]) -> list[str]:
    """What rain did to each mode, in how many of the months that can tell."""
    found = []
    for mode in modes:
        known = [row for row in effects if (row["trip_type"], row["condition"]) == (mode, "rain") and is_estimated(row)]
        if known:
            fewer, more = (
                sum(is_sure(row) and (row["effect_pct"] < 0) == is_less for row in known) for is_less in (True, False)
            )
            middle = median(row["effect_pct"] for row in known)
            of_months = "of 1 month" if len(known) == 1 else f"of {len(known)} months"
            clearly = f"clearly fewer in {fewer}, clearly more in {more} {of_months}"
            found.append(f"{mode_title(mode)}: {signed(middle)} % in the middle month; {clearly}")
    return found


def years(span: Sequence[date]) -> list[dict[str, int]]:
    """Where each year begins, without a first one that its successor's name would cover."""
    found = [{"year": year, "at": place(span, date(year, 1, 1))} for year in sorted({month.year for month in span})]
    return found[1:] if len(found) > 1 and found[1]["at"] < len(span) / 8 else found


def between(first: date, last: date) -> list[date]:
    """Every month from the first to the last."""
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    return [add_months(first, distance) for distance in range(count)]


def place(span: Sequence[date], month: date) -> int:
    """How many months after the first."""
    return max(0, (month.year - span[0].year) * 12 + month.month - span[0].month)


def strip(mode: str, span: Sequence[date], trips: Sequence[Row]) -> dict[str, Any]:
    of_mode = [row for row in trips if row["trip_type"] == mode]
    top = round_up(max(row["trips"] for row in of_mode))
    bars = [
        {
            "at": place(span, row["month"]),
            "height": 100 * row["trips"] / top,
            "told": f"{month_name(row['month'])}: {number(row['trips'])} {trips_label(mode)}",
        }
        for row in of_mode
    ]
    return {"mode": mode, "top": top, "bars": bars, "count": len(of_mode)}


def effect_strips(condition: str, modes: Sequence[str], span: Sequence[date], effects: Sequence[Row]) -> dict[str, Any]:
    """The condition's effects on each mode: the interval of each month that has one, between -100 and 100 %."""
    found = []
    for mode in modes:
        known = [row for row in effects if (row["trip_type"], row["condition"]) == (mode, condition)]
        known = [row for row in known if is_estimated(row)]
        if known:
            bars = [
                {"at": place(span, row["month"]), "is_sure": is_sure(row), "told": told(row)}
                | {end: drawn_at(row[f"{end}_pct"]) for end in ("low", "effect", "high")}
                for row in known
            ]
            found.append({"mode": mode, "bars": bars})
    return {"condition": condition, "strips": found}


def drawn_at(percent: float) -> float:
    """From 0, at the top, for 100 % more to 100, at the bottom, for 100 % fewer."""
    return round((MOST - min(percent, MOST)) / 2, 2)


def told(effect: Row) -> str:
    low, high = signed(effect["low_pct"]), signed(effect["high_pct"])
    return (
        f"{month_name(effect['month'])}, {mode_title(effect['trip_type'])}: "
        f"{signed(effect['effect_pct'])} % ({low} to {high} %)"
    )
