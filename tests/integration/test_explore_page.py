"""The Explore page in Chromium: views and their addresses, downloads, links into it, and what it may do."""

import csv
import html
import io
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Workspace
from tests.integration.tabs import offline_tab
from tests.integration.test_pages import PROBLEMS
from tests.serving import serving

pytestmark = pytest.mark.browser

DAYS = "metric=total_trips&by=metric_time__day,trip__trip_type"
ZONE = "pickup_location"
MAP = f"metric=total_trips&by={ZONE}&months=2024-01..2024-01&chart=map"
KINDS = {
    "figure": "metric=total_trips",
    "line": DAYS,
    "bars": "metric=total_trips&by=trip__trip_type",
    "shares": "metric=total_trips&by=metric_time__month,trip__trip_type&chart=shares",
    "multiples": "metric=avg_trip_duration_minutes&by=time__hour_of_day,trip__trip_type&chart=multiples",
    "heat": "metric=trips_per_hour&by=date__day_name,time__hour_of_day",
    "points": "metric=trips_per_hour&by=weather__temperature_c",
    "map": MAP,
    "maps": "metric=total_trips&by=pickup_location,trip__trip_type&chart=multiples",
    "intervals": "metric=rain_effect_pct&by=metric_time__month,weather_effect__trip_type",
}
SHOWN = "window.explore?.view?.shownFor === location.hash && !!document.querySelector('#chart > *')"


@pytest.fixture
def reports(finished: Workspace) -> Path:
    return finished.data / "reports"


@pytest.fixture(params=[(1280, "light")])
def tab(request: pytest.FixtureRequest, browser: Any) -> Iterator[Any]:
    with offline_tab(browser, *request.param) as tab:
        yield tab


def view(tab: Any, reports: Path, fragment: str = "") -> None:
    """Opens a view and waits until its chart is drawn."""
    page = (reports / "explore.html").as_uri()
    if tab.url.startswith(page) and fragment:
        tab.evaluate("fragment => { location.hash = fragment; }", f"#{fragment}")
    else:
        tab.goto(f"{page}#{fragment}" if fragment else page)
    tab.wait_for_function(SHOWN)


def open_table(tab: Any) -> None:
    """Opens the table, which is written in an event that follows the click."""
    tab.click("#table summary")
    tab.wait_for_selector("#table table")


def asked(tab: Any) -> str:
    """The fragment of the address."""
    return str(tab.evaluate("decodeURIComponent(location.hash.slice(1))"))


@pytest.mark.parametrize("tab", [(1280, "light"), (390, "dark")], indirect=True, ids=["wide", "phone"])
def test_each_kind_of_chart_is_drawn_without_errors_and_is_accessible(reports: Path, tab: Any) -> None:
    from axe_playwright_python.sync_playwright import Axe

    for kind, question in KINDS.items():
        view(tab, reports, question)
        assert tab.locator("#chart svg, #chart canvas, #chart .figure").count() >= 1, kind
        assert tab.evaluate(PROBLEMS) == [], kind
        assert tab.locator("#chart-title").inner_text() and tab.locator("#source").inner_text(), kind
    for opened in (open_table, lambda tab: tab.click("#metric")):
        opened(tab)
        found = Axe().run(tab).response["violations"]
        assert [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in ("serious", "critical")] == []
    assert tab.errors == []


def test_the_address_has_the_state_and_the_history_leads_back(reports: Path, tab: Any) -> None:
    view(tab, reports, DAYS)
    tab.select_option("#by-1", "metric_time__month")
    tab.wait_for_function(SHOWN)
    tab.click("button.chip >> nth=0")
    tab.wait_for_function(SHOWN)
    assert "by=metric_time__month,trip__trip_type" in asked(tab) and "&trip__trip_type=" in asked(tab)
    title = tab.locator("#chart-title").inner_text()
    assert title.startswith("Trips by month and mode, only ")
    tab.go_back()
    tab.go_back()
    tab.wait_for_function(SHOWN)
    assert tab.locator("#chart-title").inner_text() == "Trips by day and mode, Jan 2024 to Mar 2024"
    assert tab.locator("#by-1").input_value() == "metric_time__day"


def test_a_metric_is_found_by_its_words_with_the_keyboard(reports: Path, tab: Any) -> None:
    view(tab, reports, DAYS)
    tab.focus("#metric")
    assert tab.locator("#metrics [role=option]").count() >= 50
    tab.keyboard.type("rush hour bike")
    tab.keyboard.press("Escape")
    assert tab.locator("#metrics").is_hidden() and tab.locator("#metric").input_value() == "Trips"
    tab.keyboard.press("Control+A")
    tab.keyboard.type("passengers per trip")
    tab.keyboard.press("Enter")
    tab.wait_for_function(SHOWN)
    assert "metric=avg_passengers_per_trip" in asked(tab)
    assert "no value for" in tab.locator("#missing").inner_text()  # bikes report no passengers: never drawn as zero


def test_the_keyboard_stays_where_it_is_when_the_chart_changes(reports: Path, tab: Any) -> None:
    view(tab, reports, DAYS)
    for press, selector in (("ArrowRight", "#kinds input:checked"), ("Enter", "button.chip >> nth=1")):
        tab.focus(selector)
        tab.keyboard.press(press)
        tab.wait_for_function(SHOWN)
        assert tab.evaluate("document.activeElement !== document.body"), selector
    assert "chart=multiples&trip__trip_type=" in asked(tab)


def test_the_last_view_is_remembered_where_the_browser_stores_anything(reports: Path, tab: Any) -> None:
    view(tab, reports, "metric=total_revenue&by=metric_time__month")
    other = tab.context.new_page()
    view(other, reports)
    assert "metric=total_revenue" in asked(other)
    refusing = tab.context.new_page()
    refusing.add_init_script("Object.defineProperty(window, 'localStorage', { get() { throw new Error('refused'); } })")
    view(refusing, reports)
    assert asked(refusing) == DAYS


def test_what_an_address_asks_for_and_cannot_be_shown_is_said_in_words(reports: Path, tab: Any) -> None:
    view(
        tab, reports, "metric=nothing&by=metric_time__day,nowhere&months=2023-12..2024-02&trip__trip_type=citibike&a=b"
    )
    said = tab.locator("#missing").inner_text()
    for sentence in ("No metric is named nothing.", "Nothing is named nowhere that", "Not published: Dec 2023."):
        assert sentence in said
    values = tab.evaluate("explore.view.rows.filter(row => row.metric_time__day < '2024').map(row => row.value)")
    assert values == [None] * 31  # a gap, not zero
    shown = tab.evaluate("explore.view.rows.filter(row => row.value !== null).length")
    assert tab.locator("#table-summary").inner_text() == f"Table of the {shown} values"
    assert tab.errors == []


def test_of_more_hours_than_a_screen_shows_the_newest_months_are_drawn(reports: Path, tab: Any) -> None:
    view(tab, reports, "metric=total_trips&by=metric_time__hour,trip__trip_type")
    rows, shown = (tab.evaluate(f"explore.view.{name}.map(row => row.metric_time__hour)") for name in ("rows", "shown"))
    assert min(rows)[:7] == "2024-01" and shown == [time for time in rows if time >= "2024-02"]
    assert "The chart shows the newest 2 months of 3" in tab.locator("#missing").inner_text()


def test_each_bar_over_time_is_of_one_value(reports: Path, tab: Any) -> None:
    view(tab, reports, "metric=total_trips&by=metric_time__week&chart=bars")
    weeks = tab.evaluate("explore.view.rows.length")
    assert weeks >= 13 and tab.locator("#chart .mark-rect.role-mark path").count() == weeks
    view(tab, reports, "metric=total_trips&by=metric_time__day,metric_time__hour")
    assert tab.evaluate("explore.view.rows.length") == 91
    assert "cannot be shown by day and hour" in tab.locator("#missing").inner_text()
    view(tab, reports, "metric=total_trips&months=2023-13..2023-14")
    assert "No month is written 2023-13 or 2023-14" in tab.locator("#missing").inner_text()
    assert tab.errors == []


def test_numbers_have_the_digits_of_their_unit(reports: Path, tab: Any) -> None:
    view(tab, reports, DAYS)
    numbers = [1234567, 0, -0.004, 12.5, 1234.5, None], [1234.5, 12.5, 3, -7.126, 1.005], [12.345, -0.04, 0.95]
    given = [*zip(numbers, ("trips", "US dollars", "percent"), strict=True)]
    texts = tab.evaluate(
        "given => given.map(([numbers, unit]) => numbers.map(one => explore.number(one, unit)))", given
    )
    assert texts == [
        ["1,234,567", "0", "0", "12.5", "1,235", "—"],
        ["$1,235", "$12.50", "$3.00", "−$7.13", "$1.01"],
        ["12.3%", "0%", "1%"],
    ]


def test_values_and_pictures_can_be_downloaded(reports: Path, tab: Any) -> None:
    view(tab, reports, DAYS)
    files = {}
    for button in ("csv", "png", "svg"):
        with tab.expect_download() as download:
            tab.click(f"#{button}")
        assert download.value.suggested_filename == f"total_trips-by-metric_time__day-by-trip__trip_type.{button}"
        files[button] = Path(download.value.path()).read_bytes()
    lines = list(csv.DictReader(io.StringIO(files["csv"].decode())))
    assert len(lines) == tab.evaluate("explore.view.rows.length") == 91 * 3
    assert [*lines[0]] == ["metric_time__day", "trip__trip_type", "total_trips"]
    assert files["png"].startswith(b"\x89PNG")
    picture = files["svg"].decode()
    for text in ("Trips by day and mode", "Unit: trips.", "made up by a program"):
        assert text in picture


def test_the_command_below_a_chart_asks_the_same_question(reports: Path, tab: Any) -> None:
    view(tab, reports, DAYS)
    assert tab.text_content("#command") == (
        "./run.sh metrics query --metrics total_trips --group-by metric_time__day,trip__trip_type"
        " --start-time 2024-01-01 --end-time 2024-03-31"
    )
    view(tab, reports, "metric=rain_effect_pct&by=weather_effect__trip_type")  # over all months: not MetricFlow's
    assert tab.text_content("#command") == "published/metrics/weather_effects_pooled.csv"


def test_a_zone_leads_to_its_days(reports: Path, tab: Any) -> None:
    view(tab, reports, MAP)
    drawn = tab.evaluate("explore.features().map(zone => zone.properties.key)")
    key = next(row[ZONE] for row in tab.evaluate("explore.view.rows") if row[ZONE] in drawn and row["value"])
    open_table(tab)
    tab.locator("#table").get_by_role(
        "link", name=tab.evaluate(f"explore.valueLabel('{ZONE}', {key})"), exact=True
    ).click()
    tab.wait_for_function(SHOWN)
    assert asked(tab) == (f"metric=total_trips&by=metric_time__day&months=2024-01..2024-01&{ZONE}={key}")
    assert tab.evaluate("explore.view.rows.length") == 31


@pytest.mark.parametrize("catalogue", ["", 'explore.catalogue({"months":[{"month"', "explore.catalogue({});"])
def test_a_page_without_months_says_how_to_build_one_and_how_to_repair_the_catalogue(
    reports: Path, tab: Any, tmp_path: Path, catalogue: str
) -> None:
    for name in ("explore.html", "explore/explore.js", "explore/vega.js"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(reports / name, tmp_path / name)
    if catalogue:
        (tmp_path / "explore/catalogue.js").write_text(catalogue)
    tab.goto((tmp_path / "explore.html").as_uri())
    said = tab.locator("main").inner_text()
    assert "No month can be explored yet." in said
    assert "explore/catalogue.js is missing or damaged: ./run.sh verify --repair writes it again." in said
    assert tab.locator("#explorer").is_hidden()


@pytest.mark.parametrize(
    ("name", "damage", "said"),
    [
        ("2024-02.js", "", "2024-02 could not be loaded: its file is missing or damaged."),
        ("2024-02.js", 'explore.month("2024-02", {"hours": "AAAA", "tables": "AAAA"});', "2024-02 could not be loaded"),
        ("vega.js", "", "explore/vega.js is missing or damaged"),
        ("vega.js", "(() => {})();", "explore/vega.js is missing or damaged"),
    ],
)
def test_files_that_cannot_be_read_are_named(
    reports: Path, tab: Any, tmp_path: Path, name: str, damage: str, said: str
) -> None:
    shutil.copytree(reports / "explore", tmp_path / "explore")
    shutil.copy(reports / "explore.html", tmp_path)
    (tmp_path / "explore" / name).unlink()
    if damage:
        (tmp_path / "explore" / name).write_text(damage)
    view(tab, tmp_path, DAYS)
    assert said in tab.locator("main").inner_text()
    assert tab.evaluate("explore.view.rows.length") >= 60 * 3


def test_every_link_into_the_page_shows_what_it_asks_for(reports: Path, tab: Any) -> None:
    pages = [(reports / f"{name}.html").read_text() for name in ("2024-01", "index", "explore")]
    links = {html.unescape(link) for page in pages for link in re.findall(r' href="explore.html#([^"]+)', page)}
    assert len(links) >= 15
    view(tab, reports, DAYS)
    for link in sorted(links):
        notes = tab.evaluate("link => explore.corrected(explore.decode(link)).notes", link)
        assert notes == [], link


def test_the_server_allows_what_the_page_needs(finished: Workspace, browser: Any) -> None:
    with serving(finished.data) as port:
        context = browser.new_context()
        tab = context.new_page()
        errors: list[str] = []
        tab.on("console", lambda message: errors.append(message.text))
        tab.goto(f"http://127.0.0.1:{port}/reports/explore.html#{MAP}")
        tab.wait_for_selector("#chart[role=img]")  # a function to wait for would be evaluated, which is forbidden
        assert tab.locator("#chart svg, #chart canvas").count() == 1
        with tab.expect_download():
            tab.click("#png")
        assert errors == []
        context.close()
