"""Which sources a month is built from, and where their files are published.

Publishers are asked once in a run: the answers are cached, before Luigi forks its workers.
"""

import logging
from collections.abc import Sequence
from datetime import date
from functools import cache

from pipeline.errors import BadInput, Unavailable
from pipeline.paths import path_for, program
from pipeline.sources import Source, sources
from pipeline.tasks.receipts import Receipt
from pipeline.tasks.settings import retry_policy

log = logging.getLogger(__name__)


def sources_of(month: date, source_names: Sequence[str]) -> list[Source]:
    """The sources that the month is built from, in the order of their names.

    Those that the month requires, those that are loaded for it already, and those named that are optional and already
    published.
    """
    required = required_sources(month, source_names)
    return [
        source
        for source in sources().values()
        if source in required
        or is_loaded(source, month)
        or (source.name in source_names and source.first_month <= month and is_published(source, month))
    ]


def required_sources(month: date, source_names: Sequence[str]) -> list[Source]:
    """The sources without which the month is not built: it waits until they are published.

    The named ones that had begun by then, without optional ones unless they are the only ones named, and those that
    belong to every month unless they are switched off.
    """
    known = sources().values()
    named = [source for source in known if source.name in source_names and not source.always]
    begun = [source for source in named if source.first_month <= month] or named  # check_begun reports that none has
    required = [source for source in begun if not source.optional] or begun
    belong = [source for source in known if source.always and (source.enabled or source.name in source_names)]
    return [*required, *belong]


def check_begun(months: Sequence[date], source_names: Sequence[str]) -> None:
    """Raises BadInput for a month by which none of the named sources had begun."""
    for month in months:
        named = [source for source in required_sources(month, source_names) if not source.always]
        if named and all(month < source.first_month for source in named):
            begins = ", ".join(f"{source.name} begins with {source.first_month:%Y-%m}" for source in named)
            raise BadInput(f"month {month:%Y-%m}: before the first month of its sources: {begins}")


def is_landed(source: Source, month: date) -> bool:
    """Whether a file of the month was downloaded."""
    return Receipt(path_for("landing", source.label(month), ".json", source.name)).stored is not None


def is_loaded(source: Source, month: date) -> bool:
    """Whether the month's rows were loaded."""
    return path_for("warehouse/loaded", source.label(month), ".json", source.name).exists()


@cache
def is_published(source: Source, month: date) -> bool:
    """Whether the publisher has the month; False, with a warning, where it cannot be reached."""
    try:
        return published_at(source.name, month) is not None
    except Unavailable as error:
        log.warning("%s %s: the month is built without it: %s", source.label(month), source.name, error)
        return False


@cache
def published_at(name: str, month: date) -> tuple[str, str] | None:
    """The URL at which the month is published and the label of its file; None while it is not published.

    Raises Unavailable where a static source is missing: a file that serves all months is not late, it is gone.
    """
    from pipeline.ingest import download

    source = sources()[name]
    found = download.published_at(source, month, retry_policy())
    if found is None and source.static:
        raise Unavailable(
            f"{name}: {', '.join(source.urls_of(month))} does not exist, and every month needs it; run again later, "
            f"or do without it: enabled: false in config/sources/{name}.yaml"
        )
    return found


def source_names_for(month: date, source_names: Sequence[str]) -> Sequence[str]:
    """The sources with which to run a month again: those named where all are loaded, else those that are loaded.

    No publisher is asked for an optional source of a month that lacks a required one.
    """
    found = (select(month, source_names) for select in (required_sources, sources_of))
    if all(is_loaded(source, month) for selected in found for source in selected):
        return source_names
    return loaded(month)


def loaded(month: date) -> tuple[str, ...]:
    """The names of the sources that are loaded for the month, without those that belong to every month."""
    return tuple(source.name for source in sources().values() if not source.always and is_loaded(source, month))


def command_to_build(month: date) -> str:
    """What to type to build the month from the sources that are loaded for it; from those of any run if none is."""
    options = f" --sources {','.join(names)}" if (names := loaded(month)) else ""
    return f"{program()} month {month:%Y-%m}{options}"
