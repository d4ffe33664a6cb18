"""Disagreements of receipts, files and warehouse, and what repairs each of them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from pipeline.paths import data_folder, path_for, sha256_of
from pipeline.sources import Source
from pipeline.tasks import records
from pipeline.tasks.receipts import Receipt, has_size


@dataclass(frozen=True)
class Disagreement:
    """A difference between receipts, files and warehouse; ``invalid`` are the receipts that are wrong.

    Once these are invalidated, a run of the ``steps`` (``Load green_taxi 2024-01``) and then of the ``months`` repairs
    it. ``is_shared`` is set where what all months share has to be published again, ``unreadable`` where a file has to
    be set aside before.
    """

    text: str
    months: tuple[date, ...] = ()
    invalid: tuple[Path, ...] = ()
    steps: tuple[str, ...] = ()
    is_shared: bool = False
    unreadable: Path | None = None


def source_disagreement(source: Source, month: date, problem: str, invalid: Sequence[Path]) -> Disagreement:
    """A disagreement about what is stored of a source and month."""
    return Disagreement(
        f"{source.label(month)} {source.name}: {problem}",
        months_of(source, month),
        tuple(invalid),
        (f"{last_step(source, month)} {source.name} {month:%Y-%m}",),
    )


def last_step(source: Source, month: date) -> str:
    """The last step that was done for the source's month."""
    stages = {"warehouse/loaded": "Load", "parquet": "Convert"}
    done = (
        step for stage, step in stages.items() if path_for(stage, source.label(month), ".json", source.name).exists()
    )
    return next(done, "Download")


def months_of(source: Source, month: date) -> tuple[date, ...]:
    """The months to rebuild that the source's file of the month is part of."""
    maintained = records.months_to_maintain()
    return tuple(maintained) if source.static else tuple({month} & {*maintained})


def month_disagreement(month: date, problem: str, *invalid: Path) -> Disagreement:
    """A disagreement about what was made of a month."""
    return Disagreement(f"{month:%Y-%m}: {problem}", (month,), invalid)


def dimensions_disagreement(problem: str) -> Disagreement:
    """A disagreement about the tables that have no months, which the build of any month writes."""
    rejected, built = records.months_rejected(), records.months_built()
    newest = ([month for month in built if month not in rejected] or built)[-1:]
    return Disagreement(problem, tuple(newest), tuple(map(records.transform_receipt, newest)))


def changes(receipt: Path) -> Iterator[str]:
    """A sentence for each file of a receipt that has its size, and other content."""
    record = Receipt(receipt).stored or {}
    for name, digest in record.get("sha256_of_files", {}).items():
        if has_size(name, record["files"].get(name)) and content_digest(data_folder() / name) != digest:
            yield f"{name} differs from what was written (sha256)"


def content_digest(path: Path) -> str:
    """The file's SHA-256, computed once: a yearly archive has the receipts of twelve months."""
    return digest_at(path, path.stat().st_mtime_ns)


@cache
def digest_at(path: Path, modified_ns: int) -> str:
    """The SHA-256 of a file that was last modified then."""
    return sha256_of(path)


def is_intact(receipt: Path) -> bool:
    """Whether the receipt's files are as they were written."""
    return not any(Receipt(receipt).losses()) and not any(changes(receipt))


def invalidate(found: Iterable[Disagreement]) -> None:
    """Invalidates the receipts that are wrong, by which everything built from them is incomplete as well."""
    for path in {path for one in found for path in one.invalid}:
        Receipt(path).invalidate(by="verify")
