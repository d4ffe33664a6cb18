"""The index of all months, of Parquet as it is published."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from pipeline import report
from tests.unit.report.published_month import Seen, write, write_month

JANUARY = date(2024, 1, 1)


@pytest.fixture(scope="module")
def january(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_month(tmp_path_factory.mktemp("january") / "published")


@pytest.fixture
def published(january: Path, tmp_path: Path) -> Path:
    """The month to change."""
    return shutil.copytree(january, tmp_path / "published")


def test_the_index_lists_every_published_month_and_links_the_pages_that_exist(published: Path, tmp_path: Path) -> None:
    hvfhv = "'hvfhv' as trip__trip_type, 5 as total_trips, 1.5 as total_revenue"
    write(
        published / "metrics/month=2024-03", "by_mode", f"select timestamp '2024-03-01' as metric_time__month, {hvfhv}"
    )
    (tmp_path / "2024-01.html").touch()
    html = report.index(published, tmp_path, {date(2024, 2, 1): "no trip has an id"})
    seen = Seen(html)
    assert "2 months published, from January 2024 to March 2024." in seen.text
    assert "Citi Bike: −32 % in the middle month; clearly fewer in 1, clearly more in 0 of 1 month." in seen.text
    assert "March 2024 published not loaded not loaded 5" in seen.text
    assert "February 2024 held back : no trip has an id. not loaded" in seen.text
    assert "January 2024 published citibike, weather, yellow_taxi 1,000 500 not loaded" in seen.text
    assert "March 2024: 5 Uber and Lyft trips" in html
    assert "January 2024, Citi Bike: −32 % (−47 to −12 %)" in html
    assert {link for link in seen.links if link and link.endswith(".html")} == {"2024-01.html"}


def test_the_index_links_what_lies_beside_it(published: Path, tmp_path: Path) -> None:
    (tmp_path / "quality").mkdir()
    for name in ("metrics.html", "models.html", "quality/index.html"):
        (tmp_path / name).touch()
        assert name in Seen(report.index(published, tmp_path)).links


def test_the_index_of_nothing_says_that_nothing_is_published(tmp_path: Path) -> None:
    assert "No month is published yet." in Seen(report.index(tmp_path, tmp_path)).text
