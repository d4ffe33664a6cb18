"""Values -> the words of a page: numbers with units and separators, names of modes and conditions, lists."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.sources import Source, sources

if TYPE_CHECKING:
    from jinja2 import Template

CONDITIONS = {
    "rain": ("Rain", "against hours in which nothing fell"),
    "snow": ("Snow", "against hours in which nothing fell"),
    "cold": ("Cold", "dry hours below 0 °C against milder dry hours"),
    "heat": ("Heat", "dry hours of 30 °C or more against cooler dry hours"),
    "adverse": ("Adverse weather", "more than 5 mm an hour, below −5 or above 35 °C, or wind above 15 m/s"),
}
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def number(value: float | None, unit: str = "", digits: int = 0) -> str:
    """``1,234.5 mph``; in words where there is none."""
    if value is None:
        return "not known"
    return f"{value:,.{digits}f}{unit and ' ' + unit}".replace("-", "−")


def signed(value: float, digits: int = 0) -> str:
    """``+5`` or ``−5``; 0 where that is what is left of it."""
    text = f"{value:+,.{digits}f}"
    return "0" if float(text.replace(",", "")) == 0 else text.replace("-", "−")


def dollars(value: float | None, digits: int = 0) -> str:
    if value is None:
        return "not known"
    return f"{'−' if value < 0 else ''}${abs(value):,.{digits}f}"


def file_size(size: float) -> str:
    return number(size / 1e6, "MB", digits=1) if size >= 1e5 else number(size / 1e3, "kB", digits=1)


def moment(time: str) -> str:
    """``2024-03-21 02:00`` of an ISO time."""
    return time[:16].replace("T", " ")


def day_name(day: date) -> str:
    """``Tue 9 January``."""
    return f"{WEEKDAYS[day.weekday()][:3]} {day.day} {day:%B}"


def month_name(month: date) -> str:
    return f"{month:%B %Y}"


def mode_sources() -> dict[str, Source]:
    """For each trip_type a source that declares its labels and colours."""
    return {source.trip_type: source for source in sources().values() if source.trip_type}


def mode_title(trip_type: str) -> str:
    """``Citi Bike``; the trip_type itself where no source declares a title."""
    source = mode_sources().get(trip_type)
    return (source and source.mode_title) or trip_type.replace("_", " ").capitalize()


def trips_label(trip_type: str) -> str:
    """``Citi Bike rides``, for use within a sentence."""
    source = mode_sources().get(trip_type)
    return (source and source.trips_label) or f"{trip_type.replace('_', ' ')} trips"


def listed(words: Sequence[str], last: str = "and") -> str:
    """``a, b and c``."""
    return f" {last} ".join(part for part in (", ".join(words[:-1]), *words[-1:]) if part)


def template(name: str) -> "Template":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"sources": sources(), "conditions": CONDITIONS, "weekdays": WEEKDAYS}
    environment.globals["mode_sources"] = mode_sources()
    words = (number, signed, dollars, file_size, moment, day_name, month_name, mode_title, trips_label, listed)
    environment.filters |= {word.__name__: word for word in words}
    return environment.get_template(name)
