"""The Explore page in Chromium: questions that cannot be answered in full, and the words of the answers."""

import csv
import io
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.integration.test_explore_page import DAYS, SHOWN, ZONE, asked, open_table, reports, tab, view

pytestmark = pytest.mark.browser

__all__ = ["reports", "tab"]


def test_a_month_that_is_missing_in_the_middle_is_a_gap_also_where_the_address_names_no_months(
    reports: Path, tab: Any, tmp_path: Path
) -> None:
    shutil.copytree(reports / "explore", tmp_path / "explore")
    shutil.copy(reports / "explore.html", tmp_path)
    file = tmp_path / "explore/catalogue.js"
    start, end = "explore.catalogue(", ");"
    catalogue = json.loads(file.read_text().strip().removeprefix(start).removesuffix(end))
    catalogue["months"] = [one for one in catalogue["months"] if one["month"] != "2024-02"]
    file.write_text(f"{start}{json.dumps(catalogue)}{end}")
    shown = []
    for months in ("", "&months=2024-01..2024-03"):
        view(tab, tmp_path, DAYS + months)
        assert tab.locator("#missing").inner_text().count("Not published: Feb 2024.") == 1
        shown.append(tab.evaluate("explore.view.rows"))
    assert shown[0] == shown[1]
    assert [row["value"] for row in shown[0] if row["metric_time__day"].startswith("2024-02")] == [None] * 29 * 3


@pytest.mark.parametrize(
    ("asked_for", "kept", "said"),
    [
        ("weather__precipitation_type=snow,hail", ["snow"], "Precipitation has no value hail."),
        ("weather__precipitation_type=snow&weather__precipitation_type=hail", ["snow"], "has no value hail."),
        ("weather__precipitation_type=snow,rain", ["snow", "rain"], ""),
        ("date__holiday_name=New Year's Day", ["New Year's Day"], ""),
    ],
)
def test_the_known_values_of_a_filter_are_kept(
    reports: Path, tab: Any, asked_for: str, kept: list[str], said: str
) -> None:
    view(tab, reports, f"metric=total_trips&by=metric_time__month&{asked_for}")
    assert tab.evaluate("Object.values(explore.view.state.where)") == [kept]
    assert said in tab.locator("#missing").inner_text()
    assert tab.evaluate("explore.view.rows.length") == 3


@pytest.mark.parametrize("by", ["", "&by=metric_time__day", "&by=trip__trip_type", f"&by={ZONE}"])
def test_nothing_is_shown_where_no_value_of_a_filter_is_known(reports: Path, tab: Any, by: str) -> None:
    view(tab, reports, f"metric=total_trips{by}&trip__trip_type=rickshaw")
    assert tab.evaluate("explore.view.rows") == []
    assert tab.locator("#missing-list").inner_text() == "Mode has no value rickshaw."
    with tab.expect_download() as download:
        tab.click("#svg")
    assert "No values to show." in Path(download.value.path()).read_text()
    tab.click("button.chip >> nth=0")
    tab.wait_for_function(SHOWN)
    assert asked(tab).endswith("&trip__trip_type=citibike") and tab.evaluate("explore.view.rows.length") > 0
    assert tab.errors == []


def test_an_effect_of_an_unknown_mode_is_not_shown(reports: Path, tab: Any) -> None:
    view(tab, reports, "metric=rain_effect_pct&by=metric_time__month&weather_effect__trip_type=rickshaw")
    assert tab.evaluate("explore.view.rows") == []
    assert tab.locator("#missing-list").inner_text() == "Mode has no value rickshaw."


def test_a_choice_of_a_metric_is_replaced_by_typing_and_left_by_one_tab(reports: Path, tab: Any) -> None:
    view(tab, reports, DAYS)
    tab.focus("#metric")
    for words, metric in (("revenue", "total_revenue"), ("passengers per trip", "avg_passengers_per_trip")):
        tab.keyboard.type(words)
        tab.keyboard.press("Enter")
        tab.wait_for_function(SHOWN)
        assert f"metric={metric}&" in asked(tab)
    tab.keyboard.press("ArrowDown")
    assert tab.locator("#metrics").is_visible()
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.id") == "by-1"
    assert tab.locator("#metrics").is_hidden()


@pytest.mark.parametrize("chart", ["line", "bars", "shares", "heat"])
def test_months_have_their_names_at_the_axis(reports: Path, tab: Any, chart: str) -> None:
    view(tab, reports, f"metric=total_trips&by=metric_time__month,trip__trip_type&chart={chart}")
    assert {"Jan 2024", "Feb 2024", "Mar 2024"} <= {*tab.locator("#chart svg text").all_text_contents()}


def test_bars_of_weeks_have_the_dates_of_their_mondays(reports: Path, tab: Any) -> None:
    view(tab, reports, "metric=total_trips&by=metric_time__week&chart=bars&months=2024-01..2024-01")
    assert tab.locator("#chart svg .role-axis-label text").all_text_contents()[:5] == [
        "Jan 1",
        "Jan 8",
        "Jan 15",
        "Jan 22",
        "Jan 29",
    ]


def test_bars_have_time_at_the_axis_and_names_in_the_legend(reports: Path, tab: Any) -> None:
    view(tab, reports, "metric=total_trips&by=pickup_location__borough,metric_time__month&chart=bars")
    texts = tab.locator("#chart svg text").all_text_contents()
    assert {"Jan 2024", "Manhattan"} <= {*texts} and not any(text.isdigit() and len(text) > 12 for text in texts)


def test_an_effect_by_month_and_dose_would_mix_modes_and_is_shown_by_mode(reports: Path, tab: Any) -> None:
    view(tab, reports, "metric=rain_effect_pct&by=metric_time__month,dose")
    assert tab.evaluate("explore.view.state.by") == ["metric_time__month", "weather_effect__trip_type"]
    assert "cannot be shown by" in tab.locator("#missing-list").inner_text()


def test_months_without_data_have_no_value_instead_of_0(reports: Path, tab: Any) -> None:
    view(tab, reports, "metric=total_trips&months=2025-03..2025-01")
    assert tab.evaluate("explore.view.rows") == []
    assert "Not published: " in tab.locator("#missing-list").inner_text()


def test_amounts_and_names_are_in_plain_words(reports: Path, tab: Any) -> None:
    view(tab, reports, "metric=trips_per_hour&by=trip__trip_type&trip__trip_type=fhv,citibike")
    assert "only For-hire vehicles or Citi Bike" in tab.locator("#chart-title").inner_text()
    open_table(tab)
    assert tab.locator("#table th[scope=col]").all_inner_texts() == ["Mode", "Trips per hour"]
    said = {
        "amount(1, 'trips')": "1 trip",
        "amount(-1, 'trips per hour')": "−1 trip per hour",
        "amount(2, 'trips')": "2 trips",
        "amount(1, 'US dollars per mile')": "$1.00 per mile",
        "labelWithUnit(explore.metric('total_revenue'))": "Revenue (US dollars)",
        "valueLabel('date__is_weekday', false)": "weekend",
    }
    assert {call: tab.evaluate(f"explore.{call}") for call in said} == said


def test_effects_over_months_say_how_many_they_are_of(reports: Path, tab: Any) -> None:
    view(tab, reports, "metric=rain_effect_pct")
    assert "each of 3 months with an estimate" in tab.locator("#missing").inner_text()


def test_what_is_unknown_is_named_in_few_letters(reports: Path, tab: Any) -> None:
    long = "x" * 5000
    view(tab, reports, f"metric={long}&by={long}&trip__trip_type={long}&{long}=1&&&==")
    notes = tab.locator("#missing-list li").all_inner_texts()
    assert len(notes) == 4 and max(map(len, notes)) < 150, notes
    assert len(tab.locator("#chart-title").inner_text()) < 150
    many = ",".join(map(str, range(1000)))
    view(tab, reports, f"metric=total_trips&trip__trip_type={many}")
    assert tab.locator("#missing-list").inner_text() == "Mode has no value 0, 1, 2, 3, 4 or 995 more."


def test_the_csv_names_zones_and_the_ends_of_intervals(reports: Path, tab: Any) -> None:
    def downloaded() -> list[dict[str, str]]:
        with tab.expect_download() as download:
            tab.click("#csv")
        return list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text())))

    view(tab, reports, f"metric=total_trips&by={ZONE},trip__trip_type")
    zones = downloaded()
    assert [*zones[0]] == [ZONE, f"{ZONE}__zone_name", "trip__trip_type", "total_trips"]
    names = {row[f"{ZONE}__zone_name"] for row in zones if row[ZONE]}
    assert names <= set(tab.evaluate(f"explore.catalogue().dimensions.{ZONE}__zone_name.values"))
    view(tab, reports, "metric=rain_effect_pct&by=metric_time__month,weather_effect__trip_type")
    columns = ["metric_time__month", "weather_effect__trip_type"]
    assert [*downloaded()[0]] == [*columns, "rain_effect_pct", "rain_effect_low_pct", "rain_effect_high_pct"]
