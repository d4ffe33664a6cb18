"""What the marts hold of each month, as receipts note it: what that outdates, and what a killed run left undone."""

import contextlib
import json
import logging
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from pipeline import lock
from pipeline.errors import NoSpace
from pipeline.history.log import rotate
from pipeline.months import add_months, parse_month
from pipeline.paths import atomic_write, data_folder, path_for
from pipeline.sources import Source
from pipeline.tasks.receipts import Receipt

log = logging.getLogger(__name__)


def months_built() -> list[date]:
    """The months whose models are built, in their order."""
    return sorted(parse_month(path.stem) for path in path_for("warehouse/transformed", "", "").glob("????-??.json"))


def months_rejected() -> list[date]:
    """The months that are built, but were not let through."""
    return [month for month in months_built() if record_of("quality", month, ".rejected.json")]


def why_rejected() -> dict[date, str]:
    """Those months, each with the reason."""
    records = {month: record_of("quality", month, ".rejected.json") for month in months_rejected()}
    return {month: str(record["why"]) for month, record in records.items() if record}


def mark_of(month: date, mark: str) -> str:
    """What stands for the month's ``facts`` or for its ``content`` in the marts; empty while they are not built."""
    return str((record_of("warehouse/transformed", month) or {}).get(mark, ""))


def record_of(stage: str, month: date, suffix: str = ".json", source: Source | None = None) -> Mapping[str, Any] | None:
    """What the receipt of a stage notes, whether or not it still holds; None where there is none."""
    label, name = (source.label(month), source.name) if source else (f"{month:%Y-%m}", "")
    with contextlib.suppress(FileNotFoundError):
        return Receipt(path_for(stage, label, suffix, name)).record
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
    return path_for("warehouse", "unsettled", ".json")


def is_unsettled() -> bool:
    """Whether marts are being changed, or a run was broken off while it changed them."""
    return unsettled_note().exists()


def write_note(note: Path, known: Sequence[str], months: Iterable[date]) -> None:
    around = {f"{add_months(month, distance):%Y-%m}" for month in months for distance in (-1, 0, 1)}
    if found := sorted({*known, *around}):
        with atomic_write(note) as part:
            part.write_text(json.dumps(found))
    else:
        note.unlink(missing_ok=True)


def begin(least_free_gb: float = 0) -> None:
    """Holds the data folder for this process, and puts in order what a run that was broken off left undone.

    Raises AlreadyRunning where another process holds it, NoSpace where less is free than a run may need.
    """
    if lock.hold(data_folder()):
        check_space(least_free_gb)
        rotate()
        settle()


def check_space(least_free_gb: float) -> None:
    free_gb = shutil.disk_usage(data_folder()).free / 1e9
    if free_gb < least_free_gb:
        raise NoSpace(
            f"{data_folder()}: {free_gb:.1f} GB are free, a run needs {least_free_gb:.1f} GB for a month's files, "
            "its rows and what DuckDB spills; make room, or say how little will do ([mobility] least_free_gb)"
        )


def settle() -> None:
    """After a run that was broken off while it changed the marts: what they hold of its months is built again."""
    note = unsettled_note()
    if is_unsettled():
        months = json.loads(note.read_text())
        log.warning("%s: a run was broken off, or failed, while these months were being built", ", ".join(months))
        for month in months:
            path_for("warehouse/transformed", month, ".json").unlink(missing_ok=True)
        note.unlink()


def note_contents(contents: Mapping[date, Mapping[str, str]]) -> list[date]:
    """Notes for the months that are built what they hold now; returns those whose publication is outdated by that."""
    for month, marks in contents.items():
        Receipt(path_for("warehouse/transformed", month, ".json")).note(**marks)
    return [month for month in contents if is_outdated(month)]
