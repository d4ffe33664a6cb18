"""The links between pages: to neighbours that have pages, and receipts that list the pages as they are."""

from pathlib import Path

import pytest

from pipeline.months import parse_month
from pipeline.tasks.pages import link_pages
from pipeline.tasks.receipts import Receipt

PAGE = '<nav><span class="neighbours"></span></nav>'


@pytest.fixture
def reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of three pages with their receipts, and of another page."""
    monkeypatch.setenv("MOBILITY_DATA", str(tmp_path))
    folder = tmp_path / "reports"
    folder.mkdir()
    (folder / "index.html").write_text(PAGE)
    for month in ("2023-12", "2024-01", "2024-03"):
        (folder / f"{month}.html").write_text(PAGE)
        Receipt(folder / f"{month}.json").write([folder / f"{month}.html"], note="kept")
    link_pages()
    return folder


def links(page: Path) -> list[str]:
    return [part.split('"')[0] for part in page.read_text().split('href="')[1:]]


def test_pages_link_to_the_nearest_months_that_have_pages(reports: Path) -> None:
    assert links(reports / "2023-12.html") == ["2024-01.html"]
    assert links(reports / "2024-01.html") == ["2023-12.html", "2024-03.html"]
    assert links(reports / "2024-03.html") == ["2024-01.html"]
    assert (reports / "index.html").read_text() == PAGE


def test_receipts_list_the_linked_pages_and_keep_what_else_they_record(reports: Path) -> None:
    for month in ("2023-12", "2024-01", "2024-03"):
        receipt = Receipt(reports / f"{month}.json")
        assert receipt.exists() and receipt.record["note"] == "kept"
        assert receipt.record["files"] == {f"reports/{month}.html": (reports / f"{month}.html").stat().st_size}


def test_a_page_that_is_deleted_is_linked_no_more(reports: Path) -> None:
    (reports / "2024-01.html").unlink()
    link_pages()
    assert links(reports / "2023-12.html") == ["2024-03.html"]


def test_a_page_that_is_added_is_linked_with_those_beside_it(reports: Path) -> None:
    for added, beside in (("2024-02", ["2024-01", "2024-03"]), ("2023-11", ["2023-12"]), ("2024-05", ["2024-03"])):
        (reports / f"{added}.html").write_text(PAGE)
        Receipt(reports / f"{added}.json").write([reports / f"{added}.html"])
        link_pages([parse_month(added)])
        assert links(reports / f"{added}.html") == [f"{month}.html" for month in beside]
        assert all(f"{added}.html" in links(reports / f"{month}.html") for month in beside)


def test_pages_whose_links_are_right_are_not_written_again(reports: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in reports.iterdir()}
    link_pages()
    assert {path: path.stat().st_mtime_ns for path in reports.iterdir()} == before
