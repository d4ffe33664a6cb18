"""The pages in Chromium: from file://, without network, on wide and narrow screens, light and dark."""

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from tests.conftest import Workspace
from tests.integration.tabs import offline_tab

pytestmark = pytest.mark.browser

PAGES = ("2024-01", "2024-02", "index", "metrics", "docs/index")
LINK = re.compile(r'(?:href|src)="(?!\w+:)([^"]+)"')
"""A relative link."""
SCREENS = {"wide and light": (1280, "light"), "narrow and dark": (390, "dark")}
PROBLEMS = """() => [
    ...[...document.querySelectorAll('img:not([alt]), svg:not([aria-label]):not([aria-hidden])')].map(
        e => `no name: ${e.outerHTML.slice(0, 99)}`),
    ...[...document.querySelectorAll('th:not([scope])')].map(e => `no scope: ${e.outerHTML.slice(0, 99)}`),
    ...[...document.querySelectorAll('h1')].slice(1).map(e => `another h1: ${e.textContent}`),
    ...['header nav', 'main', 'footer', 'h1'].filter(s => !document.querySelector(s)).map(s => `no ${s}`),
    ...(document.documentElement.scrollWidth > innerWidth ? ['wider than the screen'] : []),
]"""
DRAWN = """() => [...document.querySelectorAll('svg[role=img]')].map(svg => [
    svg.getAttribute('aria-label'),
    Math.min(svg.getBoundingClientRect().width, svg.getBoundingClientRect().height),
    [...svg.querySelectorAll('.bar, .zone, .rain, .temperature')].filter(e => {
        const box = e.getBoundingClientRect(), fill = getComputedStyle(e).fill;
        return box.width > 0 && box.height > 0 && fill !== 'none' && fill !== 'rgba(0, 0, 0, 0)';
    }).length,
])"""


@pytest.fixture(params=SCREENS)
def screen(request: pytest.FixtureRequest, browser: Any) -> Iterator[Any]:
    with offline_tab(browser, *SCREENS[request.param]) as tab:
        yield tab


def address(workspace: Workspace, name: str) -> str:
    return (workspace.data / "reports" / f"{name}.html").as_uri()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_opens_offline_without_errors_and_is_accessible(finished: Workspace, screen: Any, name: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    screen.goto(address(finished, name))
    assert screen.errors == []
    assert screen.evaluate(PROBLEMS) == []
    violations = Axe().run(screen).response["violations"]
    serious = [(one["id"], one["nodes"][0]["html"]) for one in violations if one["impact"] in ("serious", "critical")]
    assert serious == []


def test_every_chart_of_a_month_is_drawn(finished: Workspace, screen: Any) -> None:
    screen.goto(address(finished, "2024-01"))
    charts = screen.evaluate(DRAWN)
    # A map may be missing: only few for-hire vehicle trips have a pickup zone.
    assert len([label for label, _, _ in charts if "trips per day" in label]) == 3
    assert len([label for label, _, _ in charts if label.startswith("Map of")]) >= 2
    for label, size, shapes in charts:
        assert size > 50 and shapes >= 10, (label, size, shapes)
    assert screen.locator(".effects .dot").count() >= 3
    assert screen.locator(".heat td[data-label]").count() == 3 * 7 * 24


def test_the_index_draws_the_months(finished: Workspace, screen: Any) -> None:
    screen.goto(address(finished, "index"))
    charts = screen.evaluate(DRAWN)
    assert [shapes for label, _, shapes in charts if "trips in each of 3 months" in label] == [3, 3, 3]
    assert any(label.startswith("Effect of rain") for label, _, _ in charts)


def test_a_tooltip_shows_the_label_of_the_zone_under_the_pointer(finished: Workspace, screen: Any) -> None:
    screen.goto(address(finished, "2024-01"))
    zone = screen.locator(".map .zone").first
    label = zone.get_attribute("data-label")
    screen.locator(".map svg").first.scroll_into_view_if_needed()
    zone.dispatch_event("pointermove", {"clientX": 50, "clientY": 50, "bubbles": True})
    assert label and screen.locator("#tip").inner_text() == label
    assert screen.locator("svg .labelled > title").count() == 0  # the browser would show a title a second time


def test_every_link_of_every_page_leads_to_a_file_and_a_place_in_it(finished: Workspace) -> None:
    """Pages of months, the index, the documentation and the Data Docs; dbt's page makes its links by a script."""
    pages = [path for path in (finished.data / "reports").rglob("*.html") if path.name != "models.html"]
    found = [(path, html.unescape(link)) for path in pages for link in LINK.findall(path.read_text())]
    assert len(found) > 500
    assert [f"{path.name}: {link}" for path, link in found if not leads_somewhere(path, link)] == []
    page = (finished.data / "reports/2024-02.html").read_text()
    assert ' rel="prev" href="2024-01.html"' in page and ' rel="next" href="2024-03.html"' in page


def leads_somewhere(page: Path, link: str) -> bool:
    """Whether a relative link leads to a file, and to a place in it where it names one.

    The scripts of two pages read what follows the #; test_explore_page.py opens the views that links name.
    """
    file, _, place = link.partition("#")
    target = page.parent / unquote(file) if file else page
    in_page = place and target.suffix == ".html" and target.name not in ("models.html", "explore.html")
    return target.exists() and (not in_page or f'id="{place}"' in target.read_text())


def test_pages_of_generated_data_say_so(finished: Workspace) -> None:
    for name in ("2024-01", "2024-02", "index"):
        page = (finished.data / f"reports/{name}.html").read_text()
        assert "<b>Generated data.</b>" in page
        assert "https://" not in page.split("<body>")[1] and "http://" not in page
    for name in ("metrics", "models", "docs/index", "docs/method"):  # they are the same for published data
        assert "This page shows no data." in (finished.data / f"reports/{name}.html").read_text()
    described = json.loads((finished.data / "published/metrics/month=2024-01/metrics.json").read_text())
    assert {"citibike", "weather", "yellow_taxi"} <= {*described["total_trips"]["generated_sources"]}
    ledger = "select distinct generated_by from audit.month_ledger"
    assert finished.query(ledger) == [("nyc-mobility sample",)]


def test_pages_are_complete_and_smaller_than_1_mb(finished: Workspace) -> None:
    for name in PAGES:
        page = (finished.data / f"reports/{name}.html").read_text()
        assert len(page.encode()) < 1_000_000
        assert page.rstrip().endswith("</html>")
