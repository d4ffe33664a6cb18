"""Values -> text of a page: numbers with units and separators, names of modes and weather conditions, lists."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.paths import program
from pipeline.report.explore_links import explore_link
from pipeline.sources import Source, sources

if TYPE_CHECKING:
    from jinja2 import Environment, Template


@dataclass(frozen=True)
class Condition:
    """A kind of weather whose effect is estimated: its title, which hours are compared, and its name in a sentence."""

    title: str
    definition: str
    phrase: str


# pipeline/metrics/conditions.py selects the hours, dbt/dbt_project.yml has the bounds.
CONDITIONS = {
    "rain": Condition("Rain", "compared with dry hours after six dry hours", "in rainy hours"),
    "snow": Condition("Snow", "compared with dry hours after six dry hours", "in snowy hours"),
    "cold": Condition(
        "Cold", "dry hours below 0 °C, compared with dry hours of 0 °C or more", "in dry hours below 0 °C"
    ),
    "heat": Condition(
        "Heat", "dry hours of 30 °C or more, compared with dry hours below 30 °C", "in dry hours of 30 °C or more"
    ),
    "adverse": Condition(
        "Adverse weather",
        "precipitation above 5 mm per hour, below −5 °C or above 35 °C, or wind above 15 m/s; "
        "compared with dry hours after six dry hours",
        "in hours of adverse weather",
    ),
}
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
SHOWN: ContextVar[frozenset[str]] = ContextVar("SHOWN", default=frozenset())
"""The sources whose trips the page shows: see ``showing``."""
NO_VALUE = "—"
"""Shown where a figure does not apply."""


def number(value: float | None, unit: str = "", digits: int = 0) -> str:
    """``1,234.5 mph`` or ``37%``. What rounds to 0 has no sign."""
    if value is None:
        return NO_VALUE
    separator = " " if unit not in ("", "%") else ""
    return f"{value:z,.{digits}f}{separator}{unit}".replace("-", "−")


def signed(value: float | None, unit: str = "", digits: int = 0) -> str:
    """``+5%`` or ``−5%``; 0 has no sign, nor has what rounds to 0."""
    if value is None:
        return NO_VALUE
    text = number(value, unit, digits)
    return f"+{text}" if value > 0 and any(digit in "123456789" for digit in text) else text


def dollars(value: float | None, digits: int = 0) -> str:
    if value is None:
        return NO_VALUE
    amount = f"{value:z,.{digits}f}"
    return f"−${amount[1:]}" if amount.startswith("-") else f"${amount}"


def file_size(size: float | None) -> str:
    """``50.0 MB`` or ``7.3 kB`` for a number of bytes."""
    if size is None:
        return NO_VALUE
    return number(size / 1e6, "MB", digits=1) if size >= 1e5 else number(size / 1e3, "kB", digits=1)


def minute(time: str) -> str:
    """``2024-03-21 02:00`` for an ISO time."""
    return time[:16].replace("T", " ")


def day_name(day: date) -> str:
    """``Tue 9 January``."""
    return f"{WEEKDAYS[day.weekday()][:3]} {day.day} {day:%B}"


def month_name(month: date) -> str:
    """``January 2024``."""
    return f"{month:%B %Y}"


def short_month(month: date) -> str:
    """``Jan 2024``."""
    return f"{month:%b %Y}"


def mode_sources() -> dict[str, Source]:
    """For each trip_type a source that declares its labels and colours."""
    return {source.trip_type: source for source in sources().values() if source.trip_type}


@contextmanager
def showing(names: Iterable[str]) -> Iterator[None]:
    """Within the block, ``mode_title``, ``trips_label`` and ``area`` name the areas of these sources."""
    token = SHOWN.set(frozenset(names))
    try:
        yield
    finally:
        SHOWN.reset(token)


def area(trip_type: str = "") -> str:
    """``New York City and Jersey City``: where the trips shown are, of all types or of one."""
    found = [source for source in sources().values() if source.name in SHOWN.get() and source.trip_type]
    areas = {source.area for source in found if trip_type in ("", source.trip_type)}
    return joined(sorted(areas, key=lambda name: (name != Source.area, name))) or Source.area


def mode_title(trip_type: str) -> str:
    """``Citi Bike``, or ``Citi Bike, Jersey City``; the trip_type itself if no source declares a title."""
    source = mode_sources().get(trip_type)
    title = (source and source.mode_title) or trip_type.replace("_", " ").capitalize()
    return title if area(trip_type) == Source.area else f"{title}, {area(trip_type)}"


def trips_label(trip_type: str) -> str:
    """``Citi Bike rides``, or ``Citi Bike rides in Jersey City``, for use within a sentence."""
    source = mode_sources().get(trip_type)
    label = (source and source.trips_label) or f"{trip_type.replace('_', ' ')} trips"
    return label if area(trip_type) == Source.area else f"{label} in {area(trip_type)}"


def joined(words: Sequence[str], last: str = "and") -> str:
    """``a, b and c``."""
    return f" {last} ".join(part for part in (", ".join(words[:-1]), *words[-1:]) if part)


def counted(count: int, noun: str) -> str:
    """``1 month`` or ``2 months``."""
    return f"{number(count)} {noun}{'' if count == 1 else 's'}"


def capitalized(text: str) -> str:
    """The text with its first letter in upper case."""
    return text[:1].upper() + text[1:]


def template(name: str) -> "Template":
    found = environment()
    found.globals |= {"conditions": CONDITIONS, "mode_sources": mode_sources(), "sources": sources()}
    found.globals |= {"area": area, "explore_link": explore_link, "program": program()}
    return found.get_template(name)


@cache
def environment() -> "Environment":
    """The templates of this folder, each of which is compiled once (0.1 s of a page, 2026-11)."""
    import jinja2

    found = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: tuple[Callable[..., str], ...] = (number, signed, dollars, file_size, minute, day_name, month_name)
    filters += (short_month, mode_title, trips_label, area, joined, counted)
    found.filters |= {function.__name__: function for function in filters}
    return found
