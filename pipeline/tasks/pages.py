"""What all months have in common: the index of their pages, links between these, and the catalogue to explore."""

from pathlib import Path

from pipeline.paths import atomic_write, data_folder, path_for
from pipeline.tasks import records
from pipeline.tasks.explore import write_catalogue
from pipeline.tasks.receipts import Receipt


def write_index() -> Path:
    """Writes index and catalogue, and links pages to their neighbours. Call it where a page is added or deleted."""
    from pipeline import report

    index = path_for("reports", "index", ".html")
    with atomic_write(index) as part:
        part.write_text(report.index(data_folder() / "published", index.parent, records.rejection_reasons()))
    Receipt(records.index_receipt()).write([index])
    link_pages()
    write_catalogue()
    return index


def link_pages() -> None:
    """Links each month's page to the pages before and after it, and updates the receipts of pages that change."""
    from pipeline import report

    pages = sorted(path_for("reports", "", "").glob("????-??.html"))
    names = ["", *(page.stem for page in pages), ""]
    for page, before, after in zip(pages, names, names[2:], strict=False):
        html = page.read_text()
        linked = report.with_neighbours(html, before, after)
        if linked != html:
            with atomic_write(page) as part:
                part.write_text(linked)
            Receipt(page.with_suffix(".json")).update_files([page])
