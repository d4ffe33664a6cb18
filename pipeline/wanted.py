"""What belongs to a month: the sources that it waits for, and where their files came from."""

import logging
from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import Any

from pipeline.errors import Unavailable
from pipeline.parameters import patience
from pipeline.sources import Source, sources
from pipeline.targets import place

log = logging.getLogger(__name__)


def sources_of(month: date, asked: Sequence[str]) -> list[Source]:
    """The sources that the month is made from, in the order of their names.

    Those that were asked for and have begun by then, those that belong to every month, and whatever is loaded for the
    month already. A month does not wait for an optional one, unless it was the only one asked for.
    """
    known = sources().values()
    wanted = [source for source in known if source.name in asked and source.first_month <= month]
    trips = [source for source in wanted if not source.always]
    if not trips:  # to be told so by Download
        trips = [source for source in known if source.name in asked and not source.always]
    waits = [source for source in trips if not source.optional] or trips
    return [
        source
        for source in known
        if source.always
        or source in waits
        or is_loaded(source, month)
        or (source in trips and is_published(source, month))
    ]


def is_loaded(source: Source, month: date) -> bool:
    return place("warehouse/loaded", source.label(month), ".json", source.name).exists()


@cache
def is_published(source: Source, month: date) -> bool:
    """Whether an optional source has the month; one that cannot be asked does not hold it back. Asked once in a run."""
    try:
        return where(source.name, month) is not None
    except Unavailable as error:
        log.warning("%s %s: goes without, %s", source.label(month), source.name, error)
        return False


@cache
def where(name: str, month: date) -> tuple[str, str] | None:
    """The URL that the month is published at and the label of its file; None while it is not. Asked once in a run."""
    from pipeline import download

    return download.published_at(sources()[name], month, download.Patience(**patience().param_kwargs))


def loads_of(month: date, asked: Sequence[str]) -> list[dict[str, Any]]:
    """The parameters of the Load tasks that the month is made from."""
    return [{"source": source.name, "month": source.loaded_as(month)} for source in sources_of(month, asked)]
