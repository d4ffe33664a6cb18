"""Data Docs of the months, beside those of earlier runs."""

import re
import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pipeline import quality
from pipeline.database import Warehouse
from pipeline.quality.datadocs import escaped
from tests.unit.quality.small_warehouse import damage

JANUARY, FEBRUARY = date(2024, 1, 1), date(2024, 2, 1)


def test_data_docs_show_the_last_results_of_every_month(warehouse: Warehouse, suites: Path, tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    quality.judge(warehouse, [JANUARY, FEBRUARY], suites, docs=docs)
    first = {page.relative_to(docs).parts[1:3] for page in docs.glob("validations/**/*.html")}
    assert first == {
        (suite, month) for suite in ("fct_trips", "stg_weather__hourly") for month in ("2024-01", "2024-02")
    }
    damage(warehouse, "update core.fct_trips set weather_key = 2 where pickup_datetime < timestamp '2024-01-01 03:00'")
    quality.judge(warehouse, [JANUARY], suites, docs=docs)
    pages = list(docs.glob("validations/fct_trips/2024-01/**/*.html"))
    assert len(pages) == 1 and "every hour of the month with a trip has weather" in pages[0].read_text()
    assert len(list(docs.glob("validations/fct_trips/2024-02/**/*.html"))) == 1
    assert "2024-02" in (docs / "index.html").read_text()


def test_a_page_that_cannot_be_written_is_an_error_and_leaves_no_half_of_the_pages(
    warehouse: Warehouse, suites: Path, tmp_path: Path
) -> None:
    docs = tmp_path / "docs"
    quality.judge(warehouse, [JANUARY, FEBRUARY], suites, docs=docs)
    shutil.rmtree(docs / "validations/fct_trips")
    (docs / "validations/fct_trips").write_text("in the way")
    with pytest.raises(NotADirectoryError):
        quality.judge(warehouse, [JANUARY], suites, docs=docs)
    assert not [*docs.glob("*/*/2024-01"), *docs.glob("2024-01"), *docs.glob("index.html")]
    assert [*docs.glob("validations/stg_weather__hourly/2024-02/**/*.html")]
    (docs / "validations/fct_trips").unlink()
    quality.judge(warehouse, [JANUARY], suites, docs=docs)
    assert "2024-01" in (docs / "index.html").read_text()


def test_every_link_leads_to_a_page_and_nothing_is_loaded(warehouse: Warehouse, suites: Path, tmp_path: Path) -> None:
    docs = tmp_path / "reports/quality"
    docs.mkdir(parents=True)
    for name in ("index", "2024-01", "2024-02"):  # the pages of the months
        (docs.parent / f"{name}.html").touch()
    quality.judge(warehouse, [JANUARY, FEBRUARY], suites, docs=docs)
    pages = sorted(docs.rglob("*.html"))
    assert len(pages) == 7
    for page in pages:
        html = page.read_text()
        links = [link for link in re.findall(r'href="([^"]*)"', html) if link != "data:,"]
        assert links and [link for link in links if not (page.parent / link).exists()] == [], page
        assert not re.search(r"<script|<img|<iframe|https?://|url\(|@import", html), page


def test_pages_of_generated_data_say_so(warehouse: Warehouse, suites: Path, tmp_path: Path) -> None:
    docs, generated = tmp_path / "docs", {JANUARY: ["citibike"], FEBRUARY: []}
    quality.judge(warehouse, [JANUARY, FEBRUARY], suites, docs=docs, generated=generated)
    marked = {page.relative_to(docs) for page in docs.rglob("*.html") if "Generated data." in page.read_text()}
    assert marked == {page.relative_to(docs) for page in docs.rglob("*.html") if "2024-01" in str(page)}
    index = (docs / "index.html").read_text()
    assert "January 2024</a> (generated data)" in index and "February 2024</a></th>" in index


def test_the_index_lists_the_months_that_have_pages(warehouse: Warehouse, suites: Path, tmp_path: Path) -> None:
    quality.judge(warehouse, [JANUARY, FEBRUARY], suites, docs=tmp_path / "docs")
    assert len(quality.files_of(tmp_path / "docs", JANUARY)) == 4
    for folder in quality.folders_of(tmp_path / "docs", JANUARY):
        shutil.rmtree(folder)
    quality.write_index(tmp_path / "docs")
    index = (tmp_path / "docs/index.html").read_text()
    assert "2024-02/index.html" in index and "2024-01" not in index


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")], ids=["wide", "narrow"])
def test_results_are_seen_without_network(
    warehouse: Warehouse, suites: Path, tmp_path: Path, browser: Any, width: int, scheme: str
) -> None:
    damage(warehouse, "update core.fct_trips set avg_speed_mph = 300")
    quality.judge(warehouse, [JANUARY], suites, docs=tmp_path / "docs")
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True)
    tab, requests = context.new_page(), list[str]()
    tab.on("request", lambda sent: requests.append(sent.url) if not sent.url.startswith(("file:", "data:")) else None)
    tab.goto((tmp_path / "docs/index.html").as_uri())
    tab.get_by_role("link", name="January 2024", exact=True).click()
    tab.get_by_role("link", name="fct_trips").click()
    assert tab.get_by_role("heading", name="fct_trips, January 2024").is_visible()
    assert tab.get_by_text("3 of 4 checks passed.").is_visible()
    assert tab.get_by_text("speeds are between 0 and 80 mph").is_visible()
    assert tab.locator(".fa-times").count() == 1 and tab.locator(".fa-times").is_visible()
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert requests == []
    context.close()


def test_texts_are_escaped_for_html_and_decimals_become_floats_at_any_depth() -> None:
    assert escaped({"a": [Decimal("1.5"), (Decimal(2), "x")], "b": 3}) == {"a": [1.5, [2.0, "x"]], "b": 3}
    assert escaped({"<b>": ["it's", {"x": '"&'}]}) == {"&lt;b&gt;": ["it&#x27;s", {"x": "&quot;&amp;"}]}
