"""What all months have in common: the index of their pages, links between these, and the catalogue to explore."""

from bisect import bisect
from collections.abc import Collection
from datetime import date
from pathlib import Path

from pipeline.paths import atomic_write, data_folder, path_for
from pipeline.tasks import records
from pipeline.tasks.explore import write_catalogue
from pipeline.tasks.receipts import Receipt


def write_index(months: Collection[date] | None = None) -> Path:
    """Writes index and catalogue, and links pages to their neighbours. Call it where a page is added or deleted.

    ``months`` are those whose pages changed, by default all.
    """
    from pipeline import report

    index = path_for("reports", "index", ".html")
    with atomic_write(index) as part:
        part.write_text(report.index(data_folder() / "published", index.parent, records.rejection_reasons()))
    Receipt(records.index_receipt()).write([index])
    link_pages(months)
    write_catalogue()
    return index


def link_pages(months: Collection[date] | None = None) -> None:
    """Links the months' pages, and those beside them, to the pages before and after each.

    Updates the receipts of pages that change.
    """
    from pipeline import report

    pages = sorted(path_for("reports", "", "").glob("????-??.html"))
    stems = [page.stem for page in pages]
    changed = range(len(pages)) if months is None else [bisect(stems, f"{month:%Y-%m}") - 1 for month in months]
    around = {one + distance for one in changed for distance in (-1, 0, 1)} & {*range(len(pages))}
    names = ["", *stems, ""]
    for page, before, after in ((pages[one], names[one], names[one + 2]) for one in sorted(around)):
        html = page.read_text()
        linked = report.with_neighbours(html, before, after)
        if linked != html:
            with atomic_write(page) as part:
                part.write_text(linked)
            Receipt(page.with_suffix(".json")).update_files([page])
