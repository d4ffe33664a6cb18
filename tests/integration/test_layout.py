"""The pages in Chromium, narrow and printed: nothing is wider than the screen or the paper, and nothing is cut off."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipeline import report
from pipeline.metrics.declared import definitions
from pipeline.months import add_months
from tests.unit.report.conftest import FINDINGS, PROVENANCE
from tests.unit.report.published_month import JANUARY, METRICS, TABLES, write, write_month

pytestmark = pytest.mark.browser

MEDIA = {"a phone": (390, "screen"), "a small phone": (320, "screen"), "A4": (718, "print"), "letter": (740, "print")}
"""Widths in CSS pixels; of paper, without margins of 1 cm."""
OVERFLOWING = """() => [...document.querySelectorAll('body *')].filter(element => {
    const head = element.closest('thead');
    if (element.closest('.vh, svg') || (head && getComputedStyle(head).position === 'absolute')) return false;
    const box = element.getBoundingClientRect();
    const isCut = element.scrollWidth > element.clientWidth + 1 && getComputedStyle(element).overflowX !== 'visible';
    return box.width > 0 && (box.right > innerWidth + 1 || box.left < -1 || isCut);
}).map(element => element.outerHTML.slice(0, 150))"""
MODES = ("yellow_taxi", "green_taxi", "fhv", "hvfhv", "citibike")


@pytest.fixture(params=MEDIA)
def open_page(request: pytest.FixtureRequest, browser: Any) -> Any:
    """Opens a page at the width of the medium."""
    width, medium = MEDIA[request.param]
    tab = browser.new_context(viewport={"width": width, "height": 900}, offline=True).new_page()
    tab.emulate_media(media=medium)

    def opened(page: Path) -> Any:
        tab.goto(page.as_uri())
        return tab

    yield opened
    tab.context.close()


def years(folder: Path, months: int) -> Path:
    """An index over so many months up to the end of 2025, with a page for each of them and five modes."""
    published, pages = folder / "published", folder / "reports"
    pages.mkdir()
    modes = ", ".join(f"('{mode}')" for mode in MODES)
    for month in (add_months(date(2025, 12, 1), -number) for number in range(months)):
        part = f"month={month:%Y-%m}"
        trips = (
            f"select timestamp '{month}' as metric_time__month, trip_type as trip__trip_type, 12345678 as total_trips"
        )
        write(
            published / "metrics" / part,
            "by_mode",
            f"{trips}, 1 as total_revenue from (values {modes}) as t(trip_type)",
        )
        effects = f"select * replace (date '{month}' as source_month) from ({METRICS['weather_effects']})"
        write(published / "metrics" / part, "weather_effects", effects)
        ledger = f"select * replace (date '{month}' as source_month) from ({TABLES['month_ledger']})"
        write(published / "month_ledger" / part, "month_ledger", ledger)
        (pages / f"{month:%Y-%m}.html").touch()
    pooled = (
        f"select *, {months} as months, 'all' as season, 'all' as pickup_borough from ({METRICS['weather_effects']})"
    )
    write(published / "metrics", "weather_effects_pooled", pooled)
    (pages / "index.html").write_text(report.index(published, pages))
    return pages / "index.html"


@pytest.fixture(scope="module", params=[12, 200])
def index(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return years(tmp_path_factory.mktemp("years"), request.param)


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """The published files of January 2024."""
    return write_month(tmp_path / "published")


def test_the_index_fits(index: Path, open_page: Callable[[Path], Any]) -> None:
    assert open_page(index).evaluate(OVERFLOWING) == []


def test_the_page_of_a_month_fits_with_all_its_tables_open(
    published: Path, tmp_path: Path, open_page: Callable[[Path], Any]
) -> None:
    html = report.page(published, JANUARY, FINDINGS, PROVENANCE)
    (tmp_path / "2024-01.html").write_text(html.replace("<details>", "<details open>"))
    tab = open_page(tmp_path / "2024-01.html")
    assert tab.evaluate(OVERFLOWING) == []
    assert tab.get_by_text("12.0 mph").is_visible() and tab.get_by_text("$9,990").last.is_visible()


def test_the_pages_of_metrics_and_of_the_documentation_fit(tmp_path: Path, open_page: Callable[[Path], Any]) -> None:
    (tmp_path / "metrics.html").write_text(report.catalogue(definitions().values()))
    for page in (tmp_path / "metrics.html", *report.write_pages(tmp_path / "docs", report.docs_pages())):
        assert open_page(page).evaluate(OVERFLOWING) == [], page


def test_a_dot_covers_no_interval_however_short(
    published: Path, tmp_path: Path, open_page: Callable[[Path], Any]
) -> None:
    file = published / "metrics/month=2024-01/weather_effects.parquet"
    short = "effect_pct - 0.1 as low_pct, effect_pct + 0.1 as high_pct"
    duckdb.execute(f"create or replace table short as select * replace ({short}) from '{file}'")
    write(file.parent, "weather_effects", "from short")
    (tmp_path / "2024-01.html").write_text(report.page(published, JANUARY, [], []))
    tab = open_page(tmp_path / "2024-01.html")
    boxes = "els => els.map(e => e.getBoundingClientRect()).map(box => [box.top, box.bottom, box.width])"
    lines, dots = (tab.eval_on_selector_all(f".effects .{name}", boxes) for name in ("line", "dot"))
    assert len(lines) == len(dots) == 4
    for (line_top, line_bottom, line_width), (dot_top, dot_bottom, _) in zip(lines, dots, strict=True):
        assert line_top < dot_top - 2 and line_bottom > dot_bottom + 2 and line_width >= 2
