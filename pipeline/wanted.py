"""What belongs to a month: the sources that it waits for, where their files came from, and what was made of them."""

import contextlib
import json
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.errors import Unavailable
from pipeline.parameters import patience
from pipeline.sources import Source, month_beside, month_of, sources
from pipeline.targets import Receipt, place, whole

log = logging.getLogger(__name__)


def sources_of(month: date, asked: Sequence[str]) -> list[Source]:
    """The sources that the month is made from, in the order of their names.

    Those that were asked for and have begun by then, those that belong to every month unless they are switched off, and
    whatever is loaded for the month already. A month does not wait for an optional one, unless it was the only one
    asked for.
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
        if (source.always and (source.enabled or source.name in asked))
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
    """The URL that the month is published at and the label of its file; None while it is not. Asked once in a run.

    Raises Unavailable for a static source that is not there: what serves all months is not late, it is gone.
    """
    from pipeline import download

    source = sources()[name]
    found = download.published_at(source, month, download.Patience(**patience().param_kwargs))
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
    return tuple(source.name for source in sources().values() if not source.always and is_loaded(source, month))


def months_built() -> list[date]:
    """The months whose models are built, in their order."""
    return sorted(month_of(path.stem) for path in place("warehouse/transformed", "", "").glob("????-??.json"))


def mark_of(month: date, mark: str) -> str:
    """What stands for the month's ``facts`` or for its ``content`` in the marts; empty while they are not built."""
    return str((record_of("warehouse/transformed", month) or {}).get(mark, ""))


def record_of(stage: str, month: date) -> dict[str, Any] | None:
    try:
        return Receipt(place(stage, month, ".json")).record
    except FileNotFoundError:
        return None


def is_outdated(month: date) -> bool:
    """Whether the marts hold something else of the month than was published, or have lost it."""
    published = record_of("published", month)
    return published is not None and published["version"] != mark_of(month, "content")


def is_lost(month: date) -> bool:
    """Whether the month is published, but nothing vouches for its marts any more."""
    return record_of("published", month) is not None and record_of("warehouse/transformed", month) is None


@contextlib.contextmanager
def unsettled(months: Sequence[date]) -> Iterator[set[date]]:
    """Writes down that the marts of these months are being changed, and with them the edges of those beside.

    The months that the block takes out of the set are done. Of the others the note stays, as it does of all where the
    process is killed: the next run settles it.
    """
    note = unsettled_note()
    known: list[str] = json.loads(note.read_text()) if note.exists() else []
    left = set(months)
    try:
        write_note(note, known, left)
        yield left
    finally:
        write_note(note, known, left)


def unsettled_note() -> Path:
    return place("warehouse", "unsettled", ".json")


def is_unsettled() -> bool:
    """Whether marts are being changed, or a run was broken off while it changed them."""
    return unsettled_note().exists()


def write_note(note: Path, known: Sequence[str], months: Iterable[date]) -> None:
    around = {f"{month_beside(month, distance):%Y-%m}" for month in months for distance in (-1, 0, 1)}
    if found := sorted({*known, *around}):
        with whole(note) as part:
            part.write_text(json.dumps(found))
    else:
        note.unlink(missing_ok=True)


def settle() -> None:
    """After a run that was broken off while it changed the marts: what they hold of its months is built again."""
    note = unsettled_note()
    if is_unsettled():
        months = json.loads(note.read_text())
        log.warning("%s: a run was broken off, or failed, while these months were being built", ", ".join(months))
        for month in months:
            place("warehouse/transformed", month, ".json").unlink(missing_ok=True)
        note.unlink()


def note_contents(contents: Mapping[date, Mapping[str, str]]) -> list[date]:
    """Notes for the months that are built what they hold now; returns those whose publication is outdated by that."""
    for month, marks in contents.items():
        Receipt(place("warehouse/transformed", month, ".json")).note(**marks)
    return [month for month in contents if is_outdated(month)]
