"""The pages: what they show, and that they are valid and self-contained."""

import shutil
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import duckdb

from pipeline import report
from pipeline.history.runs import DONE, TaskRun
from tests.unit.report.published_month import JANUARY, ParsedPage, write

Findings = list[dict[str, str]]
Provenance = list[dict[str, Any]]


def text_of(html: str) -> str:
    return ParsedPage(html).text


def test_the_page_needs_no_network(html: str) -> None:
    parsed = ParsedPage(html)
    assert not {tag for tag, _ in parsed.tags} & {"img", "iframe", "object", "embed", "image"}
    addresses = [attributes.get("src") or attributes.get("href") for tag, attributes in parsed.tags if tag != "a"]
    assert {address for address in addresses if address and not address.startswith("#")} == {"data:,"}
    assert "url(" not in html
    assert "@import" not in html


def test_each_mode_has_the_colours_that_its_source_declares(html: str) -> None:
    light, dark = html.split("</style>", maxsplit=1)[0].rsplit("@media (prefers-color-scheme: dark)", 1)
    assert ".m-fhv { --mode: #cc79a7; }" in light and ".m-fhv" not in dark
    assert ".m-citibike { --mode: #0072b2; }" in light and ".m-citibike { --mode: #4aa8e0; }" in dark


def test_the_answer_comes_first(html: str) -> None:
    assert (
        "Weather and trips in New York City, January 2024 Citi Bike rides fell 32% in rainy hours (95% CI 12–47%); "
        "no significant change in yellow taxi trips (−5% to +7%). Citi Bike rides fell 20% in dry hours below 0 °C "
        "(95% CI 10–30%) and yellow taxi trips rose 12% (2–250%)."
    ) in text_of(html)


def test_effects_have_an_interval_and_the_number_of_hours_or_the_reason_why_there_is_none(html: str) -> None:
    text = text_of(html)
    assert "Rain compared with dry hours after six dry hours; 145 hours with, 356 without" in text
    assert "Citi Bike −32% (−47% to −12%)" in text
    assert "Snow compared with dry hours after six dry hours Not estimated: too few comparable hours." in text


def test_figures_have_units_and_thousands_separators(html: str) -> None:
    text = text_of(html)
    assert "Trips 1,500 — vs Dec 2023 — vs Jan 2023" in text
    assert "Revenue $9,990 paid by passengers, net of adjustments" in text
    assert "Rain and snow 27 mm rain in 18 and snow in 0 of 744 known hours" in text
    assert "Temperature −0.5 °C mean; −5 to 4 °C" in text
    assert "Rejected rows 4 see reasons" in text
    assert "50.0 MB" in text
    assert "Yellow taxi 1,000 66.7% — — 20.0 min 4.0 miles 12.0 mph $17.50 $9,990" in text


def test_unknown_precipitation_is_shown_as_unknown(published: Path) -> None:
    amounts = ("precipitation_mm", "rain_mm", "snowfall_cm", "snowfall_water_equivalent_mm")
    nulls = [f"null::double as {name}" for name in amounts] + ["null::varchar as precipitation_type"]
    weather = f"select * replace ({', '.join(nulls)}) from '{published}/dim_weather/dim_weather.parquet'"
    duckdb.execute(f"create or replace table unknown_weather as {weather}")
    write(published / "dim_weather", "dim_weather", "from unknown_weather")
    effects = (
        "select 'citibike' as trip_type, 'rain' as condition, null::double as effect_pct, 'too few hours' as reason"
    )
    others = ", ".join(f"null::double as {name}" for name in ("low_pct", "high_pct", "hours_with", "hours_without"))
    effects = f"{effects}, {others}, date '2024-01-01' as source_month"
    write(published / "metrics/month=2024-01", "weather_effects", effects)
    html = report.page(published, JANUARY, [], [])
    assert "Rain and snow — unknown in every hour" in text_of(html)
    assert "The precipitation of this month is unknown, so that its effect on trips cannot be estimated." in html
    assert "Mon 8 January: precipitation unknown, −5 to 4 °C" in html
    assert "January: dry" not in html and "varied too little" not in html


def test_figures_that_do_not_apply_are_dashes(html: str) -> None:
    assert "Citi Bike 500 33.3% — — 20.0 min — — — —" in text_of(html)


def test_months_that_are_not_published_are_not_compared(html: str) -> None:
    assert "Not compared: Dec 2023 and Jan 2023 (not in the warehouse)." in text_of(html)


def test_a_month_is_compared_with_a_month_of_the_same_sources(published: Path) -> None:
    modes = "select 'yellow_taxi' as trip__trip_type, 500 as total_trips union all select 'citibike', 250"
    write(published / "metrics/month=2023-12", "by_mode", modes)
    sources = "select unnest(['citibike', 'citibike_jc', 'yellow_taxi']) as source"
    write(published / "month_ledger/month=2023-12", "month_ledger", sources)
    text = text_of(report.page(published, JANUARY, [], []))
    assert "Yellow taxi 1,000 66.7% +100.0% —" in text
    assert "Citi Bike 500 33.3% — —" in text


def test_days_have_their_trips_and_their_weather(html: str) -> None:
    assert "Mon 8 January: 3.0 mm rain, −5 to 4 °C. 107 Citi Bike rides" in html
    assert "Citi Bike: most on Wed 31 January (130), fewest on Mon 1 January (100)." in html
    assert "Mon 1 January: Yellow taxi 50.0% of loaded trips" in html


def test_hours_are_on_a_24_hour_clock(html: str) -> None:
    assert 'data-label="Monday 20:00: 4.0 yellow taxi trips per hour"' in html
    assert 'data-label="Thursday 08:00: 2.0 yellow taxi trips per hour"' in html
    text = text_of(html)
    assert "00:00 06:00 12:00 18:00" in text
    assert "Busiest: Sundays 23:00–24:00, 6 trips per hour." in text


def drawings(html: str) -> list[ElementTree.Element]:
    parts = [part.split("</svg>")[0] for part in html.split("<svg ")[1:]]
    return [ElementTree.fromstring(f"<svg {part}</svg>") for part in parts]


def test_every_drawing_is_well_formed_and_has_a_label(html: str) -> None:
    found = drawings(html)
    assert len(found) == 7  # the outlines, two modes, mode share, precipitation, temperature, one map
    for drawing in found:
        assert drawing.get("aria-hidden") or (drawing.get("role") == "img" and drawing.get("aria-label"))


def test_the_map_has_the_zones_and_the_number_of_trips_outside_of_them(html: str) -> None:
    text = text_of(html)
    assert "Newark Airport, EWR: 900 yellow taxi trips" in html
    assert "10 of 1,000 began elsewhere or at an unknown location." in text
    assert "No map of Citi Bike rides: of 500, less than 1% began in a mapped zone." in text
    assert "Newark Airport EWR 900 0" in text


def test_a_page_of_jersey_city_names_it_and_maps_its_stations(published: Path) -> None:
    ledger = "select 'citibike_jc' as source, date '2024-01-01' as source_month, 500 as rows_published"
    counts = "0 as rows_unreadable, 500 as rows_raw, 500 as rows_fact, 0 as rows_rejected"
    write(published / "month_ledger/month=2024-01", "month_ledger", f"{ledger}, {counts}")
    month = "timestamp '2024-01-01' as metric_time__month, 'citibike' as trip__trip_type"
    rides = f"select {month}, key as start_station, rides::double as total_trips"
    stations = f"{rides} from (values (7, 300), (8, 200)) as t(key, rides)"
    write(published / "metrics/month=2024-01", "by_station", stations)
    html = report.page(published, JANUARY, [], [])
    text = text_of(html)
    assert "Weather and trips in New York City" not in html
    assert "Weather and trips in Jersey City, January 2024 Citi Bike rides in Jersey City fell 32%" in text
    assert "Grove St: 300 Citi Bike rides in Jersey City" in html
    assert 'aria-label="Map of stations in Jersey City, shaded by' in html
    assert "Circles are stations outside the taxi zones. Most began in Grove St (300); Newport (200)." in text
    index = report.index(published, published / "nowhere")
    assert "Weather and trips in Jersey City" in index and "Citi Bike, Jersey City" in index


def test_without_shapes_the_page_has_no_map(published: Path) -> None:
    empty = "select 1 as location_key, [[[0.0]]] as rings limit 0"
    write(published / "dim_location_shape", "dim_location_shape", empty)
    assert "No map: the shapes of the taxi zones are missing." in text_of(report.page(published, JANUARY, [], []))


def test_every_published_row_is_counted(html: str) -> None:
    text = text_of(html)
    assert "Yellow taxi trips 1,003 0 1,001 2" in text
    assert "Hourly weather, New York City 1,003 0 — —" in text
    assert "Yellow taxi trips ends before it starts 2" in text


def test_failed_checks_have_their_severity_and_their_markup_is_escaped(html: str) -> None:
    text = text_of(html)
    assert "1 check failed, 1 passed, 0 skipped. warning core.fct_trips: 2024-01 FAILED a < b & <script>alert" in text
    assert "<script>alert" not in html


def test_more_than_twelve_failed_checks_are_folded(published: Path, findings: Findings) -> None:
    text = text_of(report.page(published, JANUARY, findings[:1] * 40, []))
    assert text.count("core.fct_trips: 2024-01 FAILED") == 40
    assert "28 more failed checks" in text


def test_skipped_checks_are_not_failed_checks(published: Path, findings: Findings) -> None:
    skipped = {**findings[0], "outcome": "skipped", "sentence": "SKIPPED fares are as usual: 1 of 3 months"}
    text = text_of(report.page(published, JANUARY, [skipped] * 2 + findings[1:] * 3, []))
    assert "All 3 checks passed (2 more need a longer history). 3 passed checks in 1 suite" in text
    assert "2 skipped checks warning SKIPPED fares are as usual: 1 of 3 months" in text


def test_passed_checks_are_counted_by_suite(html: str) -> None:
    assert "1 passed check in 1 suite fct_trips: 1" in text_of(html)


def test_a_month_published_by_override_has_the_reason(published: Path, findings: Findings, html: str) -> None:
    text = text_of(report.page(published, JANUARY, findings, [], accepted="TLC confirms it"))
    assert "This month failed a critical check and was published by override: TLC confirms it" in text
    assert "override" not in text_of(html)


def test_run_times_are_those_of_the_tasks(published: Path) -> None:
    began = datetime(2026, 10, 31, 23, 59, 30, tzinfo=UTC)
    steps = [
        TaskRun("r", "Load", "Load_1", "citibike", ("2024-01",), began, 61.26, 5000, 7_000, 512_000_000, DONE),
        TaskRun("r", "Judge", "Judge_1", "", ("2024-01", "2024-02"), began, 3.0, 0, 0, 9_000_000, DONE),
    ]
    text = text_of(report.page(published, JANUARY, [], [], steps=steps))
    assert "Load citibike 61.3 s 5,000 7.0 kB 512.0 MB" in text
    assert "Judge 2 months in one batch 3.0 s — — 9.0 MB" in text


def test_every_publisher_has_a_link_and_a_licence(html: str) -> None:
    assert ParsedPage(html).links >= {
        "https://www.nyc.gov/site/tlc/about/tlc-trip-record-data.page",
        "https://citibikenyc.com/system-data",
        "https://citibikenyc.com/data-sharing-policy",
        "https://open-meteo.com/",
        "https://creativecommons.org/licenses/by/4.0/",
    }


def test_every_source_file_has_its_address_and_digest(html: str, provenance: Provenance) -> None:
    parsed = ParsedPage(html)
    for file in provenance:
        assert file["url"] in parsed.links
        assert f"2024-03-21 02:00 {file['sha256']}" in parsed.text


def test_missing_sources_are_noted_as_of_the_newest_download(html: str) -> None:
    assert "Not included: For-hire vehicle trips (other than Uber and Lyft). NYC Taxi" in text_of(html)


def test_a_month_without_trips_findings_rejections_or_files(published: Path) -> None:
    month = published / "metrics/month=2024-01"
    for file in [*month.glob("*.parquet"), *published.glob("rejections_by_reason/month=2024-01/*.parquet")]:
        rows = f"from read_parquet('{file}', hive_partitioning = false) limit 0"
        duckdb.execute(f"copy ({rows}) to '{file}.new' (format parquet)")
        shutil.move(f"{file}.new", file)
    text = text_of(report.page(published, JANUARY, [], []))
    assert "No trips were published for this month." in text
    assert "Trips 0 — vs" in text
    assert "No check was run." in text
    assert "No row was rejected." in text
    assert "No source file is recorded for this month." in text


# The other pages


def test_the_index_has_every_month_and_links_to_the_pages_that_exist(published: Path, tmp_path: Path) -> None:
    hvfhv = "'hvfhv' as trip__trip_type, 5 as total_trips, 1.5 as total_revenue"
    march = f"select timestamp '2024-03-01' as metric_time__month, {hvfhv}"
    write(published / "metrics/month=2024-03", "by_mode", march)
    (tmp_path / "2024-01.html").touch()
    html = report.index(published, tmp_path, {date(2024, 2, 1): "no trip has an id"})
    parsed = ParsedPage(html)
    assert "2 months published, January 2024 to March 2024. The effect of weather over all months" in parsed.text
    assert "March 2024 published — — — 5" in parsed.text
    assert "February 2024 rejected : no trip has an id. — — — —" in parsed.text
    assert "January 2024 published citibike, weather, yellow_taxi 1,000 500 —" in parsed.text
    assert "March 2024: 5 Uber and Lyft trips" in html
    assert {link for link in parsed.links if link and link.endswith(".html")} == {"2024-01.html"}


def test_a_rejected_month_that_was_published_before_is_still_shown(published: Path, tmp_path: Path) -> None:
    text = text_of(report.index(published, tmp_path, {JANUARY: "no trip has an id"}))
    assert "rejected : no trip has an id. The version published before is still shown." in text


def test_the_index_links_to_the_other_pages_that_exist(published: Path, tmp_path: Path) -> None:
    (tmp_path / "quality").mkdir()
    for name in ("metrics.html", "models.html", "quality/index.html"):
        assert name not in ParsedPage(report.index(published, tmp_path)).links
        (tmp_path / name).touch()
        assert name in ParsedPage(report.index(published, tmp_path)).links


def test_the_index_without_a_month(tmp_path: Path) -> None:
    assert "No month is published yet." in text_of(report.index(tmp_path, tmp_path))


def test_the_catalogue_defines_each_metric_in_the_given_order() -> None:
    metrics = [
        SimpleNamespace(name=name, label=name.upper(), description="d", category=category, unit="trips", formula="f")
        for name, category in (("b", "core"), ("a", "building block"))
    ]
    html = report.catalogue(metrics)
    assert html.index('id="b"') < html.index('id="a"')
    assert "B b d trips f" in text_of(html)


def test_checks_are_linked_where_they_exist(tmp_path: Path, published: Path) -> None:
    page = tmp_path / "2024-01.html"
    assert report.checks_link(page) == ""
    for link in ("quality/index.html", "quality/2024-01/index.html"):
        (tmp_path / link).parent.mkdir(parents=True)
        (tmp_path / link).touch()
        assert report.checks_link(page) == link
    assert "quality/index.html" in ParsedPage(report.page(published, JANUARY, [], [], "quality/index.html")).links
