"""Figures -> HTML, through the templates beside this file."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any

from pipeline.report import charts, origin, zones
from pipeline.report.answer import answer, forest, unusual_changes
from pipeline.report.earlier import Change, changes, earlier_months, missing_sources, no_change_note, trip_sources
from pipeline.report.figures import Figures, Row, figures
from pipeline.report.links import published_files
from pipeline.report.trends import Trends, trends
from pipeline.report.words import showing, template

Finding = Mapping[str, Any]
OTHER_PAGES = {
    "explore.html": "Explore",
    "metrics.html": "Metrics",
    "models.html": "Tables and columns",
    "quality/index.html": "Data quality checks",
    "docs/index.html": "Documentation",
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

    ``findings``: those of quality (suite, severity, outcome, sentence). ``provenance``: the source files of the month
    (source, url, bytes, sha256, fetched_at, rows). ``checks``: the relative link to Great Expectations' pages, if they
    exist. ``accepted``: the reason for which a rejected month was published by override. ``steps``: the tasks that
    built the month (task, source, months, seconds, rows, bytes, peak_bytes).

    Raises BadInput if the month is not published.
    """
    shown = figures(published, month)
    with showing(line["source"] for line in shown.ledger):
        return render(published, month, shown, findings, provenance, checks, accepted, steps)


def render(
    published: Path,
    month: date,
    shown: Figures,
    findings: Sequence[Finding],
    provenance: Sequence[Mapping[str, Any]],
    checks: str,
    accepted: str,
    steps: Sequence[Any],
) -> str:
    modes = [mode["trip_type"] for mode in shown.modes]
    compared = compare(published, month, shown)
    files = origin.files_of_month(shown.ledger, provenance)
    failed = [finding for finding in findings if finding["outcome"] in ("error", "fail")]
    passed = [dict(finding) for finding in findings if finding["outcome"] == "pass"]
    return template("page.html.j2").render(
        month=month,
        figures=shown,
        modes=modes,
        answers=answer(shown.effects),
        effects=forest(shown.effects),
        changes=compared,
        no_change_note=no_change_note(compared),
        notes=[*unusual_changes(shown.days, shown.weather_days), *source_notes(month, shown, files)],
        days=charts.daily(month, modes, shown.days, shown.weather_days),
        hours=charts.weekly(month, modes, shown.hours),
        zones=zones.maps(modes, shown.zones, shown.shapes, shown.stations),
        zone_lines=zone_lines(modes, shown.zones),
        rejected=sum(line["rows_rejected"] or 0 for line in shown.ledger),
        failed=failed,
        passed=passed,
        passed_by_suite=charts.grouped(passed, "suite"),
        skipped=[finding for finding in findings if finding["outcome"] not in ("error", "fail", "pass")],
        checks=checks,
        accepted=accepted,
        steps=steps,
        provenance=files,
        generated_note=origin.note_on_month(shown.ledger),
        published_files=published_files(published, month),
        publishers=origin.publishers_of_month(files),
    )


def compare(published: Path, month: date, shown: Figures) -> dict[str | None, list[Change]]:
    loaded = trip_sources(line["source"] for line in shown.ledger)
    return changes(shown.modes, loaded, earlier_months(published, month))


def source_notes(month: date, shown: Figures, provenance: Sequence[Mapping[str, Any]]) -> list[str]:
    """Sentences on missing sources, as of the day on which the newest published file was downloaded.

    Where all files are generated, no publisher is late.
    """
    published = [file for file in provenance if not origin.is_generated(file)]
    fetched = [date.fromisoformat(file["fetched_at"][:10]) for file in published]
    return missing_sources(month, {line["source"] for line in shown.ledger}, max(fetched, default=date.max))


def zone_lines(modes: Sequence[str], found: Sequence[Row]) -> list[Row]:
    """One line per zone, the busiest first: its names, and its trips by mode."""
    lines: dict[int, Row] = {}
    for row in found:
        names = {"zone": row["zone_name"] or "Unknown", "borough": row["borough"] or "Unknown"}
        line = lines.setdefault(row["location_key"], names | {"trips": dict.fromkeys(modes, 0)})
        line["trips"][row["trip_type"]] = row["trips"]
    return sorted(lines.values(), key=lambda line: -sum(line["trips"].values()))


def index(published: Path, pages: Path, rejected: Mapping[date, str] | None = None) -> str:
    """The page over all published months, with links to the pages that exist in the folder ``pages``.

    ``rejected``: the reason for each rejected month.
    """
    found = trends(published)
    with showing(line["source"] for line in found.ledger):
        return render_index(found, pages, rejected or {})


def render_index(found: Trends, pages: Path, reasons: Mapping[date, str]) -> str:
    months = sorted({*found.months, *reasons}, reverse=True)
    return template("index.html.j2").render(
        trends=found,
        months=months,
        calendar={
            year: [date(year, number, 1) for number in range(1, 13)] for year, _ in groupby(months, attrgetter("year"))
        },
        rejected=reasons,
        with_page={month for month in found.months if (pages / f"{month:%Y-%m}.html").exists()},
        other_pages={name: title for name, title in OTHER_PAGES.items() if (pages / name).exists()},
        generated=origin.generated_months(found.ledger),
        generated_note=origin.note_on_all(found.ledger),
        publishers=origin.publishers_of_all(found.ledger),
    )


def catalogue(metrics: Iterable[Any]) -> str:
    """The page that defines each metric: name, label, description, category, unit and formula."""
    by_category = groupby(metrics, attrgetter("category"))
    found = {category: list(members) for category, members in by_category}
    return template("metrics.html.j2").render(found=found)


def checks_link(page: Path) -> str:
    """The relative link from the page to Great Expectations' pages: the month's own if they exist, else those of all.

    Empty if there are none.
    """
    links = (f"quality/{page.stem}/index.html", "quality/index.html")
    return next((link for link in links if (page.parent / link).exists()), "")
