"""Sources: what each publisher gives, as config/sources/*.yaml and config/publishers.yaml declare it."""

import calendar
import functools
import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from pipeline.errors import BadInput
from pipeline.months import add_months, parse_month

CONFIG = Path(__file__).parent.parent / "config"


@dataclass(frozen=True)
class Publisher:
    """Who publishes, and under which terms; shown beside whatever is made of the data."""

    name: str
    title: str
    link: str
    licence: str
    licence_link: str
    attribution: str
    base_url_env: str
    base_url_default: str

    @property
    def base_url(self) -> str:
        """Where the publisher is reached, without a slash at the end.

        Raises BadInput for one with a password: addresses stand in receipts, in the ledger and in logs.
        """
        url = (os.environ.get(self.base_url_env) or self.base_url_default).rstrip("/")
        if "@" in urlsplit(url).netloc:
            raise BadInput(f"{self.base_url_env}: holds a password; put it into ~/.netrc, which is read as well")
        return url


@dataclass(frozen=True)
class Column:
    """A published column that we rely on.

    ``name`` is the publisher's newest name, ``aliases`` its earlier ones; upper and lower case are not told apart.
    Outside ``since``..``until`` (first days of months, both inclusive) it may be missing, and is null then.
    """

    name: str
    type: str
    aliases: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    optional: bool = False

    @property
    def names(self) -> set[str]:
        """All names it has been published under, in lower case."""
        return {name.lower() for name in (self.name, *self.aliases)}

    def is_required_in(self, month: date) -> bool:
        return not self.optional and (self.since or month) <= month <= (self.until or month)


@dataclass(frozen=True)
class Source:
    """One monthly feed (or, where ``static``, one file for all months).

    The trips of a source have its ``trip_type``. Sources may share one: citibike and citibike_jc both publish Citi Bike
    rides. The pages call the mode ``mode_title`` and its trips ``trips_label`` (within a sentence), and draw it in
    ``colour``, on a dark background in ``colour_dark`` if there is one. Both are CSS colours; those declared are from
    Okabe and Ito's palette, which colour-blind readers can distinguish.
    """

    name: str
    title: str
    publisher: Publisher
    kind: str
    first_month: date
    lag_days: tuple[int, int]
    format: str
    max_bytes: int
    urls: tuple[str, ...]
    read: str
    columns: tuple[Column, ...]
    enabled: bool = False
    optional: bool = False
    always: bool = False
    static: bool = False
    settled_after_days: int | None = None
    final_after_days: int = 0
    so_far_url: str = ""
    max_unpacked_bytes: int = 0
    timestampformats: tuple[str, ...] = ()
    trip_type: str = ""
    mode_title: str = ""
    trips_label: str = ""
    colour: str = ""
    colour_dark: str = ""

    def loaded_as(self, month: date) -> date:
        """The month that its rows are loaded under: the first one for the one file of a static source."""
        return self.first_month if self.static else month

    def label(self, month: date) -> str:
        """What files of the month are named: ``2024-01``, or ``static``."""
        return "static" if self.static else f"{month:%Y-%m}"

    def urls_of(self, month: date) -> dict[str, str]:
        """Where the month may be published, in the order to try, each with its file's label: the month or the year."""
        last = month.replace(day=calendar.monthrange(month.year, month.month)[1])
        words = {
            "base": self.publisher.base_url,
            "year": f"{month:%Y}",
            "month": f"{month:%m}",
            "day_before": str(month - timedelta(days=1)) if month > self.first_month else str(month),
            "two_days_after": str(last + timedelta(days=2)),
            "columns": self.asked_columns,
        }
        return {url.format(**words): f"{month:%Y}" if is_yearly(url) else self.label(month) for url in self.urls}

    def so_far(self, today: date) -> "Source":
        """The feed of what there is by now of the months that are not settled: one file for all of them."""
        assert self.settled_after_days is not None
        first = (today - timedelta(days=self.settled_after_days + 2)).replace(day=1)
        words = {"base": self.publisher.base_url, "first": first, "today": today, "columns": self.asked_columns}
        name, url = f"{self.name}_so_far", self.so_far_url.format(**words)
        return replace(self, name=name, urls=(url,), first_month=first, always=False, settled_after_days=None)

    @property
    def asked_columns(self) -> str:
        return ",".join(column.name for column in self.columns if column.name != "time")

    def expected(self, month: date) -> tuple[date, date]:
        """The days between which the month is published as a rule: its last day and the publisher's usual lag."""
        if self.static:
            return self.first_month, self.first_month
        soonest, latest = (add_months(month, 1) + timedelta(days=days - 1) for days in self.lag_days)
        return soonest, latest

    @property
    def has_yearly_files(self) -> bool:
        return any(is_yearly(url) for url in self.urls)

    @functools.cached_property
    def version(self) -> str:
        """Changes with the declared columns and the way of reading: what an older declaration made is made anew."""
        return hashlib.sha256(f"{self.read}{self.timestampformats}{self.columns}".encode()).hexdigest()[:16]


def is_yearly(url: str) -> bool:
    return "{year}" in url and "{month}" not in url


@functools.cache
def publishers() -> dict[str, Publisher]:
    facts: dict[str, dict[str, Any]] = read_yaml(CONFIG / "publishers.yaml")
    return {
        name: Publisher(name=name, base_url_env=base["env"], base_url_default=base["default"], **fact)
        for name, fact in facts.items()
        for base in [fact.pop("base_url")]
    }


@functools.cache
def sources() -> dict[str, Source]:
    """Every declared source by its name."""
    return {path.stem: read_source(path) for path in sorted((CONFIG / "sources").glob("*.yaml"))}


def read_yaml(path: Path) -> Any:
    """By libyaml: every run reads these files, and the loader in Python takes ten times as long."""
    return yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)


def read_source(path: Path) -> Source:
    """The source that a file declares.

    Raises BadInput for a source of trips without a trip_type.
    """
    facts = read_facts(path)
    if facts["kind"] == "trips" and not facts.get("trip_type"):
        raise BadInput(f"config/sources/{path.name}: kind is trips, but trip_type is missing")
    return Source(
        **facts
        | {
            "name": path.stem,
            "publisher": publishers()[facts["publisher"]],
            "first_month": parse_month(facts["first_month"]),
            "lag_days": tuple(facts["lag_days"]),
            "urls": tuple(facts["urls"]),
            "timestampformats": tuple(facts.get("timestampformats", ())),
            "columns": tuple(read_column(name, fact) for name, fact in facts["columns"].items()),
        }
    )


def read_facts(path: Path) -> dict[str, Any]:
    """What a source's YAML says; ``like: other`` takes from the other what is not said."""
    facts: dict[str, Any] = read_yaml(path)
    return read_facts(path.with_stem(facts.pop("like"))) | facts if "like" in facts else facts


def read_column(name: str, fact: str | dict[str, Any]) -> Column:
    if isinstance(fact, str):
        return Column(name, fact)
    months = {bound: parse_month(fact[bound]) for bound in ("since", "until") if bound in fact}
    return Column(name, **fact | months | {"aliases": tuple(fact.get("aliases", ()))})


def chosen(names: Iterable[str]) -> tuple[str, ...]:
    """The named sources, in the order of their names, each once.

    Raises BadInput for one that is not declared.
    """
    names = sorted({name.strip() for name in names if name.strip()})
    for name in names:
        if name not in sources():
            raise BadInput(f"source {name!r}: not known; config/sources/ has {', '.join(sources())}")
    return tuple(names)


def default_names() -> tuple[str, ...]:
    """What a run fetches where nothing else is said: ``MOBILITY_SOURCES``, else the enabled sources."""
    listed = os.environ.get("MOBILITY_SOURCES", "")
    return chosen(listed.split(",")) or tuple(name for name, source in sources().items() if source.enabled)
