"""Figures -> HTML, through the templates beside this file."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import groupby
from operator import attrgetter, itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.report.chart import hours_chart
from pipeline.report.figures import Row, figures, months
from pipeline.sources import Publisher, sources

if TYPE_CHECKING:
    from jinja2 import Template

# What a trip_type is called where its own name would not do.
MODE_TITLES = {"fhv": "For-hire vehicles", "hvfhv": "Uber, Lyft and the like", "citibike": "Citi Bike"}


def page(
    published: Path, month: date, findings: Sequence[Mapping[str, Any]], provenance: Sequence[Mapping[str, Any]]
) -> str:
    """The page of a published month.

    ``findings``: as quality wrote them (severity, outcome, sentence). ``provenance``: one for each file that the month
    was made from (source, url, bytes, sha256, fetched_at, rows). Raises BadInput where the month is not published.
    """
    shown = figures(published, month)
    compared = {hour["trip_type"] for hour in shown.hours}
    return template("page.html.j2").render(
        month=month,
        figures=shown,
        rejected=sum(line["rows_rejected"] or 0 for line in shown.ledger),
        charts=[chart_of(mode["trip_type"], shown.hours) for mode in shown.modes if mode["trip_type"] in compared],
        findings=findings,
        provenance=provenance,
        publishers=publishers_of([file["source"] for file in provenance]),
    )


def index(published: Path, pages: Path) -> str:
    """The page over all published months, with links to those of ``pages`` that are there."""
    found = months(published)
    lines = [
        {"has_page": (pages / f"{month:%Y-%m}.html").exists()} | month_line(month, list(modes))
        for month, modes in groupby(found, itemgetter("source_month"))
    ]
    return template("index.html.j2").render(
        lines=lines,
        modes=sorted({line["trip_type"] for line in found}),
        busiest=max((line["trips"] for line in lines), default=0),
        publishers=publishers_of(list(sources())),
        others={name: (pages / f"{name}.html").exists() for name in ("models", "metrics")},
    )


def catalogue(metrics: Iterable[Any]) -> str:
    """The page that says what each metric means: name, label, description, category, unit and formula."""
    blocks_last = sorted(metrics, key=lambda metric: bool(metric.category == "building block"))
    by_category = groupby(blocks_last, attrgetter("category"))
    found = {category: list(members) for category, members in by_category}
    return template("metrics.html.j2").render(found=found, publishers=publishers_of(list(sources())))


def month_line(month: date, modes: list[Row]) -> Row:
    return {
        "month": month,
        "by_mode": {mode["trip_type"]: mode for mode in modes},
        "trips": sum(mode["trips"] for mode in modes),
        "revenue": sum(mode["revenue"] or 0 for mode in modes),
    }


def chart_of(trip_type: str, hours: list[Row]) -> tuple[str, str]:
    """The heading of a mode's chart and its drawing."""
    title = mode_title(trip_type)
    of_mode = [hour for hour in hours if hour["trip_type"] == trip_type]
    return title, hours_chart(f"{title}: mean trips in an hour, by hour of day", of_mode)


def mode_title(trip_type: str) -> str:
    return MODE_TITLES.get(trip_type) or trip_type.replace("_", " ").capitalize()


def publishers_of(names: Sequence[str]) -> list[Publisher]:
    """Each publisher of the named sources once."""
    return list(dict.fromkeys(sources()[name].publisher for name in names))


def template(name: str) -> "Template":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["sources"] = sources()
    environment.filters |= {"number": number, "megabytes": megabytes, "moment": moment, "mode_title": mode_title}
    return environment.get_template(name)


def number(value: float | None, unit: str = "", digits: int = 0) -> str:
    """``1,234.5 mph``; in words where there is none."""
    return "not known" if value is None else f"{value:,.{digits}f}{unit and ' ' + unit}"


def megabytes(size: float) -> str:
    return number(size / 1e6, "MB", digits=1)


def moment(time: str) -> str:
    """``2024-03-21 02:00`` of an ISO time."""
    return time[:16].replace("T", " ")
