"""Takes a month, or one source of it, out of everything that was made: as if it had never been fetched."""

import shutil
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from pipeline import report
from pipeline.database import Settings
from pipeline.errors import BadInput
from pipeline.paths import atomic_write, atomic_write_tree, data_folder, path_for
from pipeline.sources import Source, sources
from pipeline.tasks import records
from pipeline.tasks.receipts import Receipt
from pipeline.warehouse import publish, raw, transform

QUALITY = (".json", ".findings.json", ".rejected.json", ".accepted.json")


def forget(database: Path, month: date, names: Sequence[str], duck: Settings) -> list[str]:
    """Forgets the month's files, receipts and rows; returns what was taken away, in words.

    What was published of the month goes in any case: with one source less, it is not what the warehouse holds. Receipts
    go first: broken off at any point, the month is incomplete and the next run puts it in order.
    """
    if needed := [name for name in names if sources()[name].always and not sources()[name].static]:
        raise BadInput(f"source {', '.join(needed)}: belongs to every month and cannot be forgotten without it")
    monthly = [source for source in sources().values() if not source.static]
    chosen = [source for source in sources().values() if source.name in names] or monthly
    gone = [*remove_month_receipts(month), *(path for source in chosen for path in remove_source(source, month))]
    gone += remove_published(month)
    outdated: list[date] = []
    if database.exists():
        with records.unsettled([month]) as left:
            raw.forget(database, chosen, month, duck)
            raw.begin(database, [month], duck)
            transform.build(database, [month], data_folder() / "dbt", duck)
            outdated = records.note_contents(transform.contents(database, [month], duck))
            left.clear()
        with atomic_write_tree(data_folder() / "published") as folder:
            publish.export(database, None, folder, duck)
        with atomic_write(path_for("reports", "index", ".html")) as part:
            part.write_text(report.index(data_folder() / "published", path_for("reports", "index", "").parent))
    what = "everything" if chosen == monthly else ", ".join(source.name for source in chosen)
    said = [f"{month:%Y-%m}: {what} forgotten, {len(gone)} files removed"]
    return said + [f"{beside:%Y-%m}: other rides at its edge; run it again to publish it so" for beside in outdated]


def remove_month_receipts(month: date) -> list[Path]:
    stages = ["complete", "reports", "published/metrics", "published", "warehouse/transformed"]
    found = [path_for(stage, month, ".json") for stage in stages]
    found += [
        path_for("quality", month, suffix) for suffix in (".json", ".findings.json", ".rejected.json", ".accepted.json")
    ]
    return removed(found)


def remove_source(source: Source, month: date) -> list[Path]:
    """The source's files of the month; a year's archive stays while another month of it is there."""
    label = source.label(month)
    landing = path_for("landing", label, ".json", source.name)
    found = [path_for("warehouse/loaded", label, ".json", source.name), landing]
    found += [path_for("parquet", label, suffix, source.name) for suffix in (".json", ".parquet", ".unreadable.csv")]
    if landing.exists():
        file = landing.parent / Receipt(landing).record["file"]
        others = [path for path in landing.parent.glob("????-??.json") if path != landing]
        if all(Receipt(path).record["file"] != file.name for path in others):
            found += [file, landing.with_stem(file.name.split(".")[0])]
    return removed(dict.fromkeys(found))


def remove_published(month: date) -> list[Path]:
    folders = list(path_for("published", month, "").parent.glob(f"*/month={month:%Y-%m}"))
    folders += (data_folder() / "reports/quality").glob(f"*/*/{month:%Y-%m}")
    for folder in folders:
        shutil.rmtree(folder)
    return [*folders, *removed([path_for("reports", month, ".html")])]


def removed(paths: Sequence[Path] | dict[Path, None]) -> list[Path]:
    """Those of the paths that were there; they no longer are."""
    there = [path for path in paths if path.exists()]
    for path in there:
        path.unlink()
    return there
