"""Sources: what each publisher gives, as config/sources/*.yaml and config/publishers.yaml declare it."""

import functools
import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import yaml

from pipeline.declarations import CONFIGURATION, FromYaml, JsonSchema, file_name, json_schema, named, read_declaration
from pipeline.errors import BadInput
from pipeline.months import add_months
from pipeline.project import CONFIG
from pipeline.similar import suggestion
from pipeline.source_fields import (
    COLOUR,
    COLUMNS,
    MONTH,
    READ,
    SO_FAR_URL,
    TRIP_TYPE,
    URLS,
    Column,
    check_address,
    publishers_file,
    source_file,
)


def as_publisher(name: Any) -> "Publisher":
    """The publisher of the name. Raises ValueError where it is not declared."""
    if not isinstance(name, str) or name not in publishers():
        raise ValueError(f"expected one of the publishers {', '.join(publishers())}")
    return publishers()[name]


@dataclass(frozen=True)
class Publisher:
    """Who publishes, and under which terms. The pages and the published files name both."""

    __pydantic_config__: ClassVar[dict[str, Any]] = CONFIGURATION

    name: str
    title: str
    link: str
    """Its page about the data."""
    licence: str
    licence_link: str
    attribution: str
    """The sentence that the licence requires or recommends."""
    base_url_env: str
    """The environment variable that overrides base_url_default."""
    base_url_default: str
    """What {base} stands for in the addresses of its sources."""

    @property
    def base_url(self) -> str:
        """The address that its sources begin with, without a slash at the end.

        Raises BadInput for text that is no address, and for an address with a password or a query.
        """
        url = (os.environ.get(self.base_url_env) or self.base_url_default).rstrip("/")
        check_address(self.base_url_env, url, self.base_url_default)
        return url


@dataclass(frozen=True)
class Source:
    """One monthly feed (or, where ``static``, one file for all months).

    The colours are from Okabe and Ito's palette, which colour-blind readers can distinguish.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = CONFIGURATION

    name: str
    title: str
    publisher: Annotated[Publisher, FromYaml(as_publisher, lambda schema: {"type": "string"})]
    """A name in publishers.yaml."""
    kind: Literal["trips", "weather", "zones"]
    first_month: Annotated[date, MONTH]
    """The first month that is published with these columns."""
    lag_days: tuple[int, int]
    """The publisher's usual lag: the fewest and the most days between the end of a month and its publication."""
    format: Literal["parquet", "zip", "csv", "json", "shapefile"]
    max_bytes: int
    """A larger file is refused."""
    urls: Annotated[tuple[str, ...], URLS]
    """The addresses of a month, in the order to try. They may contain {base}, {year}, {month}, {day_before},
    {two_days_after} and {columns}."""
    read: Annotated[str, READ]
    """DuckDB's table function or subquery that reads {file}."""
    columns: Annotated[tuple[Column, ...], COLUMNS]
    """The columns that are required of a file, with their types. Others are stored too, as text."""
    enabled: bool = False
    """Runs fetch it unless they select sources."""
    optional: bool = False
    """It is published later than others: a month is built without it, and again when it is published."""
    always: bool = False
    """Every month needs it, whatever sources a run selects."""
    static: bool = False
    """One file serves all months."""
    settled_after_days: int | None = None
    """Days after the end of the month until it is complete."""
    final_after_days: int = 0
    """Days after the end of the month in which the publisher may revise values."""
    so_far_url: Annotated[str, SO_FAR_URL] = ""
    """The address of the current month until today. It may contain {base}, {first}, {today} and {columns}."""
    max_unpacked_bytes: int = 0
    """An archive with more bytes is refused."""
    timestampformats: tuple[str, ...] = ()
    """The formats of timestamps in CSV, as of strptime, in the order to try."""
    staging_model: str = ""
    """The dbt model that stages it, if it is not stg_<publisher>__<name of this file>."""
    trip_type: Annotated[str, TRIP_TYPE] = ""
    """The type of its trips in core.fct_trips. Sources may share one: citibike and citibike_jc do."""
    area: str = "New York City"
    """Where its trips are. The pages name it with the trip type if it is another."""
    mode_title: str = ""
    """What the pages call the trip type."""
    trips_label: str = ""
    """What the pages call its trips within a sentence."""
    colour: Annotated[str, COLOUR] = ""
    """Its colour on the pages."""
    colour_dark: Annotated[str, COLOUR] = ""
    """Its colour on a dark background, if it differs."""

    def __post_init__(self) -> None:
        for field in ("trip_type", "mode_title", "trips_label", "colour") if self.kind == "trips" else ():
            if not getattr(self, field):
                raise ValueError(f"kind is trips, but {field} is missing")
        for column in self.columns if self.format == "json" else ():
            if not column.unit:
                raise ValueError(f"format is json, but the unit of {column.name} is missing")

    @property
    def staging_model_name(self) -> str:
        return self.staging_model or f"stg_{self.publisher.name}__{self.name}"

    def loaded_as(self, month: date) -> date:
        """The month that rows are loaded under; for a static source its first month."""
        return self.first_month if self.static else month

    def label(self, month: date) -> str:
        """The month in file names: ``2024-01``, or ``static``."""
        return "static" if self.static else f"{month:%Y-%m}"

    def urls_of(self, month: date) -> dict[str, str]:
        """The addresses of the month in the order to try, each with its file's label: the month or the year."""
        values = {
            "base": self.publisher.base_url,
            "year": f"{month:%Y}",
            "month": f"{month:%m}",
            "day_before": str(month - timedelta(days=1)) if month > self.first_month else str(month),
            "two_days_after": str(add_months(month, 1) + timedelta(days=1)),
            "columns": self.requested_columns,
        }
        return {url.format(**values): f"{month:%Y}" if is_yearly(url) else self.label(month) for url in self.urls}

    def so_far(self, today: date) -> "Source":
        """The feed of the current month until today: one file, which begins with the oldest incomplete month."""
        assert self.settled_after_days is not None
        first = (today - timedelta(days=self.settled_after_days + 2)).replace(day=1)
        values = {"base": self.publisher.base_url, "first": first, "today": today, "columns": self.requested_columns}
        name, url = f"{self.name}_so_far", self.so_far_url.format(**values)
        return replace(self, name=name, urls=(url,), first_month=first, always=False, settled_after_days=None)

    @property
    def requested_columns(self) -> str:
        return ",".join(column.name for column in self.columns if column.name != "time")

    def expected(self, month: date) -> tuple[date, date]:
        """The first and the last day on which the month is usually published."""
        if self.static:
            return self.first_month, self.first_month
        soonest, latest = (add_months(month, 1) + timedelta(days=days - 1) for days in self.lag_days)
        return soonest, latest

    @property
    def has_yearly_files(self) -> bool:
        return any(is_yearly(url) for url in self.urls)

    @functools.cached_property
    def version(self) -> str:
        """Changes with the declared columns and the way of reading them: files are then converted and loaded again."""
        return hashlib.sha256(f"{self.read}{self.timestampformats}{self.columns}".encode()).hexdigest()[:16]


def is_yearly(url: str) -> bool:
    return "{year}" in url and "{month}" not in url


@functools.cache
def publishers() -> dict[str, Publisher]:
    """Every declared publisher by its name.

    Raises BadInput, in one line that names the file and the field, where a declaration is invalid.
    """
    path = CONFIG / "publishers.yaml"
    declared = read_yaml(path)
    if not isinstance(declared, dict):
        raise BadInput(f"{file_name(path)}: expected a mapping of publishers")
    return {
        name: read_declaration(
            Publisher, named(name, facts, f"{file_name(path)}: {name}"), f"{file_name(path)}: {name}"
        )
        for name, facts in declared.items()
    }


@functools.cache
def sources() -> dict[str, Source]:
    """Every declared source by its name.

    Raises BadInput, in one line that names the file and the field, where a declaration is invalid.
    """
    return {path.stem: read_source(path) for path in sorted((CONFIG / "sources").glob("*.yaml"))}


def read_yaml(path: Path) -> Any:
    """What the file contains, by libyaml: every run reads these files, and PyYAML's own loader is ten times slower.

    Raises BadInput where it is not YAML.
    """
    try:
        return yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)
    except yaml.YAMLError as problem:
        raise BadInput(f"{file_name(path)}: is not YAML: {' '.join(str(problem).split())}") from problem


def read_source(path: Path) -> Source:
    """The source that a file declares.

    Raises BadInput, in one line that names the file and the field, where the declaration is invalid.
    """
    return read_declaration(Source, named(path.stem, read_facts(path), file_name(path)), file_name(path))


def read_facts(path: Path) -> Any:
    """What a source's YAML declares; with ``like: other``, fields that are missing are those of the other source.

    Raises BadInput where there is no such source, and where it has ``like`` itself.
    """
    facts = read_yaml(path)
    if not isinstance(facts, dict) or "like" not in facts:
        return facts
    other = path.with_stem(str(facts["like"]))
    inherited = read_yaml(other) if other.exists() else None
    if not isinstance(inherited, dict) or "like" in inherited:
        raise BadInput(f"{file_name(path)}: like: expected a source that declares all its fields, not {other.stem!r}")
    return inherited | {name: fact for name, fact in facts.items() if name != "like"}


def json_schemas() -> dict[str, JsonSchema]:
    """The JSON Schemas of a source and of publishers.yaml, for editors, by their files in config/schemas/.

    They list neither sources nor publishers, so that a new one does not change them.
    """
    return {"source.json": source_file(json_schema(Source)), "publishers.json": publishers_file(json_schema(Publisher))}


def chosen(names: Iterable[str]) -> tuple[str, ...]:
    """The named sources, in the order of their names, each once.

    Raises BadInput for one that is not declared.
    """
    names = sorted({name.strip() for name in names if name.strip()})
    for name in names:
        if name not in sources():
            similar = suggestion(name, sources())
            raise BadInput(f"source {name!r}: not known; {similar}config/sources/ has {', '.join(sources())}")
    return tuple(names)


def default_names() -> tuple[str, ...]:
    """The sources of a run without --sources: those of ``MOBILITY_SOURCES``, else the enabled ones."""
    listed = os.environ.get("MOBILITY_SOURCES", "")
    return chosen(listed.split(",")) or tuple(name for name, source in sources().items() if source.enabled)
