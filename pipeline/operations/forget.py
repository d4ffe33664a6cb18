"""The verb forget: deletes a month, or one source of it, everywhere, as if it had never been downloaded."""

import shutil
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path

from pipeline import publication, quality
from pipeline.database import Warehouse
from pipeline.errors import BadInput
from pipeline.operations.shared import publish_shared
from pipeline.operations.status import SOURCE_STAGES, months_known
from pipeline.paths import data_folder, delete, path_for, program
from pipeline.sources import Source, sources
from pipeline.tasks import marts, records, selection, uploads
from pipeline.tasks.receipts import Receipt
from pipeline.warehouse import raw

QUALITY = (".json", ".findings.json", ".rejected.json", ".accepted.json")


def forget(warehouse: Warehouse, month: date, names: Sequence[str]) -> list[str]:
    """Deletes the month's rows, files and receipts; returns the messages that say what was deleted.

    What was published of the month is deleted in any case: with one source less, the warehouse holds something else.
    The order makes it safe to kill: rows lose their receipts first, so that no receipt vouches for deleted rows; files
    follow once everything else is done, those of the landing last. Until then the month is listed by ``status``, is not
    complete, and either ``forget`` finishes the work or a run of the month undoes it.
    Raises WarehouseBusy before anything is deleted.
    """
    monthly = [source for source in sources().values() if not source.static]
    forgotten = [source for source in sources().values() if source.name in names] or monthly
    outdated = forget_rows(warehouse, month, forgotten) if warehouse.path.exists() else []
    deleted = [*delete_published(month), *delete_receipts(month)]
    if warehouse.path.exists():
        publish_shared(warehouse)
    deleted += [path for source in forgotten for path in delete_files(source, month)]
    left, command = selection.loaded(month), selection.command_to_build(month)
    scope = "everything" if forgotten == monthly else ", ".join(source.name for source in forgotten)
    return (
        [f"{month:%Y-%m}: deleted {scope} ({len(deleted)} files)"]
        + [f"{month:%Y-%m}: not published now; {command} builds it again from what is loaded"] * bool(left)
        + [f"{neighbour:%Y-%m}: some of its trips have changed; run it again to publish it" for neighbour in outdated]
        + [*what_stays(month)]
    )


def what_stays(month: date) -> Iterator[str]:
    """A message where the month was uploaded, and no address is set from which this command would delete it."""
    left = uploads.address_of(month)
    if left and left != publication.address():
        yield f"{month:%Y-%m}: its objects at {left} stay; run this with {publication.NAME}={left} to delete them"


def require_stored(month: date, names: Sequence[str]) -> None:
    """Raises BadInput where nothing is stored of the month, or of a source of it that is named."""
    missing = [name for name in names if not is_stored(sources()[name], month)]
    if missing or not (names or month in months_known()):
        of = f" of {', '.join(missing)}" if missing else ""
        raise BadInput(
            f"nothing is stored for {month:%Y-%m}{of}; nothing was deleted; {program()} status lists what is stored"
        )


def is_stored(source: Source, month: date) -> bool:
    """Whether the source's month was downloaded, at least."""
    return any(path_for(stage, source.label(month), ".json", source.name).exists() for stage in SOURCE_STAGES)


def forget_rows(warehouse: Warehouse, month: date, forgotten: Sequence[Source]) -> Sequence[date]:
    """Deletes the month's rows from the raw tables and the marts; returns the neighbours that are outdated by that."""
    with warehouse.connect():  # raises WarehouseBusy before anything is deleted
        pass
    for source in forgotten:
        delete(path_for("warehouse/loaded", source.label(month), ".json", source.name))
    raw.forget(warehouse, forgotten, month)
    left = [source.name for source in sources().values() if records.record_of("warehouse/loaded", month, source=source)]
    rebuilt = marts.rebuild(warehouse, {month: left})
    if rebuilt.error:
        raise rebuilt.error
    return rebuilt.outdated


def delete_published(month: date) -> list[Path]:
    """Deletes the month's published files and pages; returns what existed."""
    folders = list(path_for("published", month, "").parent.glob(f"*/month={month:%Y-%m}"))
    folders += quality.folders_of(data_folder() / "reports/quality", month)
    for folder in folders:
        shutil.rmtree(folder)
    return [*folders, *deleted([path_for("reports", month, ".html"), path_for(records.EXPLORE, month, ".js")])]


def delete_receipts(month: date) -> list[Path]:
    """Deletes the receipts of the month's steps, the last step first; returns those that existed."""
    paths = [path_for(stage, month, ".json") for stage in reversed(records.PUBLISHED)]
    return deleted([*paths, *(path_for("quality", month, suffix) for suffix in QUALITY)])


def delete_files(source: Source, month: date) -> list[Path]:
    """Deletes the source's files of the month, receipts after them; returns those that existed.

    A yearly archive is kept while another month refers to it.
    """
    label = source.label(month)
    landing = path_for("landing", label, ".json", source.name)
    paths = [path_for("parquet", label, suffix, source.name) for suffix in (".unreadable.csv", ".parquet", ".json")]
    if landing.exists():
        file = landing.parent / Receipt(landing).record["file"]
        others = [path for path in landing.parent.glob("????-??.json") if path != landing]
        if all(Receipt(path).record["file"] != file.name for path in others):
            paths += [file, landing.with_stem(file.name.split(".")[0])]
    return deleted(dict.fromkeys([*(path for path in paths if path != landing), landing]))


def deleted(paths: Iterable[Path]) -> list[Path]:
    """Deletes the files; returns those that existed."""
    return [path for path in paths if delete(path)]
