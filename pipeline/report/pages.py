"""Figures -> HTML, through the templates beside this file."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any

from pipeline.report import charts, zones
from pipeline.report.answer import answer, forest, upheavals
from pipeline.report.earlier import Change, changes, earlier, missing, trip_sources
from pipeline.report.figures import Figures, Row, figures
from pipeline.report.trends import trends
from pipeline.report.words import template
from pipeline.sources import Publisher, sources

Finding = Mapping[str, Any]
OTHERS = {
    "metrics.html": "What each metric means",
    "models.html": "Every table and column",
    "quality/index.html": "All checks",
}


def page(
    published: Path,
    month: date,
    findings: Sequence[Finding],
    provenance: Sequence[Mapping[str, Any]],
    checks: str = "",
    accepted: str = "",
    steps: Sequence[Any] = (),
) -> str:
    """The page of a published month.

    ``findings``: as quality wrote them (suite, severity, outcome, sentence). ``provenance``: one for each file that the
    month was made from (source, url, bytes, sha256, fetched_at, rows). ``checks``: where Great Expectations' own pages
    are, seen from this one, if there are any. ``accepted``: why the month was let through although it was rejected.
    ``steps``: what was run to make it (task, source, months, seconds, rows, bytes, peak_bytes).
    Raises BadInput where the month is not published.
    """
    shown = figures(published, month)
    modes = [mode["trip_type"] for mode in shown.modes]
    return template("page.html.j2").render(
        month=month,
        figures=shown,
        modes=modes,
        answers=answer(shown.effects),
        effects=forest(shown.effects),
        changes=compared(published, month, shown),
        notes=[*upheavals(shown.days), *absent(month, shown, provenance)],
        days=charts.by_day(month, modes, shown.days, shown.weather_days),
        hours=charts.by_hour(month, modes, shown.hours),
        zones=zones.maps(modes, shown.zones, shown.shapes),
        zone_lines=zone_lines(modes, shown.zones),
        rejected=sum(line["rows_rejected"] or 0 for line in shown.ledger),
        findings=[finding for finding in findings if finding["outcome"] in ("error", "fail")],
        not_judged=[finding for finding in findings if finding["outcome"] not in ("error", "fail", "pass")],
        held=charts.grouped([finding for finding in map(dict, findings) if finding["outcome"] == "pass"], "suite"),
        checks=checks,
        accepted=accepted,
        steps=steps,
        provenance=provenance,
        publishers=publishers_of([file["source"] for file in provenance]),
    )


def compared(published: Path, month: date, shown: Figures) -> dict[str | None, list[Change]]:
    loaded = trip_sources(line["source"] for line in shown.ledger)
    return changes(shown.modes, loaded, earlier(published, month))


def absent(month: date, shown: Figures, provenance: Sequence[Mapping[str, Any]]) -> list[str]:
    """What the month was made without, as of the day of the newest file."""
    fetched = [date.fromisoformat(file["fetched_at"][:10]) for file in provenance]
    return missing(month, {line["source"] for line in shown.ledger}, max(fetched)) if fetched else []


def zone_lines(modes: Sequence[str], found: Sequence[Row]) -> list[Row]:
    """One line a zone, the busiest first: its names, and its trips by mode."""
    lines: dict[int, Row] = {}
    for row in found:
        names = {"zone": row["zone_name"] or "Unknown", "borough": row["borough"] or "Unknown"}
        line = lines.setdefault(row["location_key"], names | {"trips": dict.fromkeys(modes, 0)})
        line["trips"][row["trip_type"]] = row["trips"]
    return sorted(lines.values(), key=lambda line: -sum(line["trips"].values()))


def index(published: Path, pages: Path, rejected: Mapping[date, str] | None = None) -> str:
    """The page over all published months, with links to those of ``pages`` that are there.

    ``rejected``: months that are held back, and why.
    """
    found, held_back = trends(published), rejected or {}
    months = sorted({*found.months, *held_back}, reverse=True)
    return template("index.html.j2").render(
        trends=found,
        months=months,
        calendar={
            year: [date(year, number, 1) for number in range(1, 13)] for year, _ in groupby(months, attrgetter("year"))
        },
        rejected=held_back,
        with_page={month for month in found.months if (pages / f"{month:%Y-%m}.html").exists()},
        others={name: title for name, title in OTHERS.items() if (pages / name).exists()},
        publishers=publishers_of(list(sources())),
    )


def catalogue(metrics: Iterable[Any]) -> str:
    """The page that says what each metric means: name, label, description, category, unit and formula."""
    blocks_last = sorted(metrics, key=lambda metric: bool(metric.category == "building block"))
    by_category = groupby(blocks_last, attrgetter("category"))
    found = {category: list(members) for category, members in by_category}
    return template("metrics.html.j2").render(found=found, publishers=publishers_of(list(sources())))


def publishers_of(names: Sequence[str]) -> list[Publisher]:
    """Each publisher of the named sources once."""
    return list(dict.fromkeys(sources()[name].publisher for name in names))


def checks_beside(page: Path) -> str:
    """Where Great Expectations' own pages are, seen from the page; the month's where it has some of its own."""
    places = (f"quality/{page.stem}/index.html", "quality/index.html")
    return next((name for name in places if (page.parent / name).exists()), "")
