"""What belongs to a month: the sources that it waits for, and where their files came from."""

import logging
from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import Any

from pipeline.errors import Unavailable
from pipeline.paths import path_for
from pipeline.sources import Source, sources
from pipeline.tasks.parameters import waiting

log = logging.getLogger(__name__)


def sources_of(month: date, asked: Sequence[str]) -> list[Source]:
    """The sources that the month is made from, in the order of their names.

    Those that were asked for and have begun by then, those that belong to every month unless they are switched off, and
    whatever is loaded for the month already. A month does not wait for an optional one, unless it was the only one
    asked for.
    """
    awaited = awaited_by(month, asked)
    return [
        source
        for source in sources().values()
        if source in awaited
        or is_loaded(source, month)
        or (source.name in asked and source.first_month <= month and is_published(source, month))
    ]


def awaited_by(month: date, asked: Sequence[str]) -> list[Source]:
    """The sources that hold the month back until they are published."""
    known = sources().values()
    trips = [source for source in known if source.name in asked and not source.always and source.first_month <= month]
    if not trips:  # to be told so by Download
        trips = [source for source in known if source.name in asked and not source.always]
    waits = [source for source in trips if not source.optional] or trips
    belong = [source for source in known if source.always and (source.enabled or source.name in asked)]
    return [*waits, *belong]


def is_landed(source: Source, month: date) -> bool:
    return path_for("landing", source.label(month), ".json", source.name).exists()


def is_loaded(source: Source, month: date) -> bool:
    return path_for("warehouse/loaded", source.label(month), ".json", source.name).exists()


@cache
def is_published(source: Source, month: date) -> bool:
    """Whether the publisher has the month; one that cannot be asked has not. Asked once in a run."""
    try:
        return where(source.name, month) is not None
    except Unavailable as error:
        log.warning("%s %s: goes without, %s", source.label(month), source.name, error)
        return False


@cache
def where(name: str, month: date) -> tuple[str, str] | None:
    """The URL that the month is published at and the label of its file; None while it is not. Asked once in a run.

    Raises Unavailable for a static source that is not there: what serves all months is not late, it is gone.
    """
    from pipeline.ingest import download

    source = sources()[name]
    found = download.published_at(source, month, waiting())
    if found is None and source.static:
        raise Unavailable(
            f"{name}: {', '.join(source.urls_of(month))} is not there, and every month needs it; run again later, "
            f"or do without: enabled: false in config/sources/{name}.yaml"
        )
    return found


def loads_of(month: date, asked: Sequence[str]) -> list[dict[str, Any]]:
    """The parameters of the Load tasks that the month is made from."""
    return [{"source": source.name, "month": source.loaded_as(month)} for source in sources_of(month, asked)]


def asked_of(month: date, asked: Sequence[str]) -> Sequence[str]:
    """The sources to ask a month for that is there: those asked for, where they are loaded, else whatever is."""
    if all(is_loaded(source, month) for source in sources_of(month, asked)):
        return asked
    return loaded(month)


def loaded(month: date) -> tuple[str, ...]:
    """The sources that are loaded for the month, without those that belong to every month."""
    return tuple(source.name for source in sources().values() if not source.always and is_loaded(source, month))
