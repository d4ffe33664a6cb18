"""Values -> the words of a page: numbers with units and separators, names of modes and conditions, lists."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.sources import sources

if TYPE_CHECKING:
    from jinja2 import Template

TITLES = {"fhv": "For-hire vehicles", "hvfhv": "Uber, Lyft and the like", "citibike": "Citi Bike"}
"""What a trip_type is called where its own name would not do."""
TRIPS = {"fhv": "for-hire trips", "hvfhv": "Uber and Lyft trips", "citibike": "Citi Bike rides"}
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


def mode_title(trip_type: str) -> str:
    return TITLES.get(trip_type) or trip_type.replace("_", " ").capitalize()


def mode_trips(trip_type: str) -> str:
    """What its trips are called within a sentence."""
    return TRIPS.get(trip_type) or f"{trip_type.replace('_', ' ')} trips"


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
    words = (number, signed, dollars, file_size, moment, day_name, month_name, mode_title, mode_trips, listed)
    environment.filters |= {word.__name__: word for word in words}
    return environment.get_template(name)
