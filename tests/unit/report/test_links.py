"""Links of a month's page: to its neighbours and to its published files."""

from datetime import date
from pathlib import Path

from pipeline.report.links import published_files, with_neighbours
from tests.unit.report.published_month import JANUARY, ParsedPage


def neighbours(html: str) -> list[tuple[str | None, str | None]]:
    links = [attributes for tag, attributes in ParsedPage(html).tags if tag == "a" and "rel" in attributes]
    return [(attributes["rel"], attributes["href"]) for attributes in links]


def test_a_page_links_to_the_months_before_and_after_it(html: str) -> None:
    linked = with_neighbours(html, "2023-12", "2024-03")
    assert neighbours(linked) == [("prev", "2023-12.html"), ("next", "2024-03.html")]
    assert "← December 2023 March 2024 →" in ParsedPage(linked).text


def test_links_are_replaced_and_removed_where_there_is_no_neighbour(html: str) -> None:
    linked = with_neighbours(html, "2023-12", "2024-02")
    assert neighbours(with_neighbours(linked, "", "2024-02")) == [("next", "2024-02.html")]
    assert with_neighbours(linked) == html


def test_every_published_file_of_the_month_is_linked(january: Path, html: str) -> None:
    found = published_files(january, JANUARY)
    assert [*found][:2] == ["by_day", "by_hour"] and "month_ledger" in found and "dim_location" not in found
    links = {link for formats in found.values() for link in formats.values()}
    assert links <= ParsedPage(html).links
    assert {(january.parent / "reports" / link).resolve() for link in links} == {*january.glob("**/month=2024-01/*")}
    assert published_files(january, date(2024, 2, 1)) == {}


def test_formats_of_a_table_are_together_and_hidden_files_are_left_out(tmp_path: Path) -> None:
    folder = tmp_path / "published/metrics/month=2024-01"
    folder.mkdir(parents=True)
    for name in ("by_mode.csv", "by_mode.parquet", ".by_day.csv", "metrics.json"):
        (folder / name).touch()
    found = published_files(tmp_path / "published", JANUARY)
    assert {name: [*formats] for name, formats in found.items()} == {"by_mode": ["CSV", "Parquet"], "metrics": ["JSON"]}
