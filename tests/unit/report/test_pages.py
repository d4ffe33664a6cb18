"""The month's page and the index, of Parquet as it is published."""

import shutil
from datetime import UTC, date, datetime
from pathlib import Path
from xml.etree import ElementTree

import duckdb
import pytest

from pipeline import report
from pipeline.errors import BadInput
from pipeline.history.runs import DONE, Line
from tests.unit.report.published_month import Seen, write, write_month

JANUARY = date(2024, 1, 1)

FINDINGS = [
    {
        "suite": "fct_trips",
        "severity": "warning",
        "outcome": "fail",
        "sentence": "core.fct_trips: 2024-01 breaks «a < b & <script>alert(1)</script>»",
    },
    {
        "suite": "fct_trips",
        "severity": "critical",
        "outcome": "pass",
        "sentence": "core.fct_trips: 2024-01 holds all",
    },
]

PROVENANCE = [
    {
        "source": source,
        "url": f"https://publisher.example/{source}?a=1&b=2",
        "bytes": 49_961_641,
        "sha256": "c0ffee" * 10,
        "fetched_at": "2024-03-21T02:00:11",
        "rows": 1003,
    }
    for source in ("yellow_taxi", "citibike", "weather")
]


@pytest.fixture(scope="module")
def january(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_month(tmp_path_factory.mktemp("january") / "published")


@pytest.fixture(scope="module")
def html(january: Path) -> str:
    return report.page(january, JANUARY, FINDINGS, PROVENANCE)


@pytest.fixture
def published(january: Path, tmp_path: Path) -> Path:
    """The month to change."""
    return shutil.copytree(january, tmp_path / "published")


def test_the_page_fetches_nothing(html: str) -> None:
    seen = Seen(html)
    assert not {tag for tag, _ in seen.tags} & {"img", "iframe", "object", "embed", "image"}
    fetched = [attributes.get("src") or attributes.get("href") for tag, attributes in seen.tags if tag != "a"]
    assert {address for address in fetched if address and not address.startswith("#")} == {"data:,"}
    assert "url(" not in html
    assert "@import" not in html


def test_each_mode_has_the_colours_that_its_source_declares(html: str) -> None:
    light, dark = html.split("</style>", maxsplit=1)[0].rsplit("@media (prefers-color-scheme: dark)", 1)
    assert ".m-fhv { --mode: #cc79a7; }" in light and ".m-fhv" not in dark
    assert ".m-citibike { --mode: #0072b2; }" in light and ".m-citibike { --mode: #4aa8e0; }" in dark


def test_the_answer_comes_first_and_says_how_sure_it_is(html: str) -> None:
    text = Seen(html).text
    assert (
        "How weather moved New York in January 2024 An hour of rain had 32 % fewer Citi Bike rides (12 to 47 %), "
        "and no clear change in yellow taxi trips (−5 to +7 %). A dry hour below freezing had 20 % fewer Citi Bike "
        "rides (10 to 30 %) and 12 % more yellow taxi trips (2 to 250 %)."
    ) in text


def test_what_cannot_be_told_says_why(html: str) -> None:
    text = Seen(html).text
    assert "Snow against hours in which nothing fell; not told: 7 hours on 2 days can be compared" in text
    assert "Citi Bike −32 % (−47 to −12) 145 : 356 h" in text


def test_numbers_have_units_and_thousands_separators(html: str) -> None:
    text = Seen(html).text
    assert "Trips 1,500" in text
    assert "Revenue $9,990" in text
    assert "Rain and snow 27 mm rain in 18, snow in 0 of 744 hours" in text
    assert "Temperature −0.5 °C mean; −5 to 4 °C" in text
    assert "Rejected rows 4 " in text
    assert "50.0 MB" in text
    assert "Yellow taxi 1,000 66.7 %" in text
    assert "20.0 min 4.0 miles 12.0 mph $17.50 $9,990" in text


def test_what_is_not_known_is_said_in_words(html: str) -> None:
    assert "20.0 min not known not known not known not known" in Seen(html).text


def test_the_days_have_their_trips_and_their_weather(html: str) -> None:
    assert "Mon 8 January: 3.0 mm rain, −5 to 4 °C. 107 Citi Bike rides" in html
    assert "Citi Bike: most on Wed 31 January with 130, fewest on Mon 1 January with 100." in html
    assert "Mon 1 January: Yellow taxi 50.0 % of trips" in html


def test_an_hours_mean_is_over_as_many_weekdays_as_the_month_has(html: str) -> None:
    # 31 days from a Monday: five Mondays, four Thursdays.
    assert 'data-told="Monday 20:00: 4.0 yellow taxi trips an hour"' in html
    assert 'data-told="Thursday 20:00: 5.0 yellow taxi trips an hour"' in html
    assert "Busiest on Sundays, 23:00 to 0:00, with 6 trips an hour" in Seen(html).text


def drawings(html: str) -> list[ElementTree.Element]:
    parts = [part.split("</svg>")[0] for part in html.split("<svg ")[1:]]
    return [ElementTree.fromstring(f"<svg {part}</svg>") for part in parts]


def test_every_drawing_is_well_formed_and_has_a_name(html: str) -> None:
    found = drawings(html)
    assert len(found) == 7  # the shapes, two modes, shares, rain, temperature, one map
    for drawing in found:
        assert drawing.get("aria-hidden") or (drawing.get("role") == "img" and drawing.get("aria-label"))


def test_the_map_shades_the_zones_and_says_what_lies_beyond_it(html: str) -> None:
    text = Seen(html).text
    assert "Newark Airport, EWR: 900 yellow taxi trips" in html
    assert "10 of 1,000 began where the map ends, or nobody knows where." in text
    assert "Citi Bike has no map: of 500 Citi Bike rides, fewer than 1 % began in a taxi zone" in text
    assert "Newark Airport EWR 900 0" in text


def test_zones_that_are_neighbours_meet_in_one_line(html: str) -> None:
    shapes = drawings(html)[-2]
    paths = {path.get("id"): str(path.get("d")) for path in shapes.iter("path")}
    assert paths["z1"].startswith("M0 ") and "l500 0" in paths["z1"]
    assert paths["z2"].startswith("M500 ")


def test_without_shapes_there_is_no_map_and_the_page_says_why(published: Path) -> None:
    write(
        published / "dim_location_shape", "dim_location_shape", "select 1 as location_key, [[[0.0]]] as rings limit 0"
    )
    assert "There are no shapes of the taxi zones" in Seen(report.page(published, JANUARY, [], [])).text


def test_each_published_row_is_accounted_for_and_reasons_are_words(html: str) -> None:
    text = Seen(html).text
    assert "Yellow taxi trips 1,003 0 1,001 2" in text
    assert "Hourly weather, New York City 1,003 0 no trips, but what they are joined to" in text
    assert "Yellow taxi trips ends before it starts 2" in text


def test_findings_that_fail_are_shown_with_their_severity_and_markup_in_them_is_text(html: str) -> None:
    assert "warning fail core.fct_trips: 2024-01 breaks «a < b & <script>alert(1)</script>»" in Seen(html).text
    assert "<script>alert" not in html


def test_a_flood_of_findings_is_folded_away(published: Path) -> None:
    text = Seen(report.page(published, JANUARY, FINDINGS[:1] * 40, PROVENANCE)).text
    assert text.count("core.fct_trips: 2024-01 breaks") == 40
    assert "28 more that do not hold" in text


def test_what_could_not_be_judged_yet_is_no_failure(published: Path) -> None:
    waiting = {**FINDINGS[0], "outcome": "held back", "sentence": "fewer than 3 months are there to compare with"}
    text = Seen(report.page(published, JANUARY, [waiting, FINDINGS[1]], PROVENANCE)).text
    assert "All 1 expectations that could be judged hold. 1 that hold, in 1 suite" in text
    assert "1 not judged yet warning held back fewer than 3 months are there to compare with" in text


def test_findings_that_hold_are_counted_by_suite(html: str) -> None:
    assert "1 that hold, in 1 suite fct_trips: 1" in Seen(html).text


def test_great_expectations_own_pages_are_linked_where_they_are(published: Path, html: str) -> None:
    assert "quality/index.html" not in Seen(html).links
    linked = report.page(published, JANUARY, FINDINGS, PROVENANCE, "quality/index.html")
    assert "quality/index.html" in Seen(linked).links


def test_a_month_that_was_let_through_says_why_and_what_was_run_for_it(published: Path) -> None:
    began = datetime(2026, 10, 31, 23, 59, 30, tzinfo=UTC)
    steps = [
        Line("r", "Load", "Load_1", "citibike", ("2024-01",), began, 61.26, 5000, 7, 512_000_000, DONE),
        Line("r", "Judge", "Judge_1", "", ("2024-01", "2024-02"), began, 3.0, 0, 0, 9_000_000, DONE),
    ]
    text = Seen(report.page(published, JANUARY, FINDINGS, PROVENANCE, accepted="TLC knows", steps=steps)).text
    assert "rejected and let through all the same: TLC knows" in text
    assert "Load citibike 61.3 5,000" in text and "Judge 2 months together 3.0" in text
    assert "let through" not in Seen(report.page(published, JANUARY, FINDINGS, PROVENANCE)).text


def test_every_publisher_is_named_with_a_link_to_itself_and_to_its_licence(html: str) -> None:
    assert Seen(html).links >= {
        "https://www.nyc.gov/site/tlc/about/tlc-trip-record-data.page",
        "https://citibikenyc.com/system-data",
        "https://citibikenyc.com/data-sharing-policy",
        "https://open-meteo.com/",
        "https://creativecommons.org/licenses/by/4.0/",
    }


def test_provenance_names_each_file_with_its_address_and_digest(html: str) -> None:
    seen = Seen(html)
    for file in PROVENANCE:
        assert str(file["url"]) in seen.links
        assert f"2024-03-21 02:00 {file['sha256']}" in seen.text


def test_months_that_are_not_there_are_not_compared_with(html: str) -> None:
    text = Seen(html).text
    assert "2023-12: not in the warehouse" in text
    assert "2023-01: not in the warehouse" in text


@pytest.mark.parametrize(
    ("sources", "said"),
    [
        (["citibike", "yellow_taxi", "weather"], "+100.0 % since December 2023"),
        (["citibike_jc"], "2023-12: other sources"),
        (["citibike", "citibike_jc", "yellow_taxi"], "Citi Bike 500 33.3 % other sources"),
        (["citibike", "citibike_jc", "yellow_taxi"], "Yellow taxi 1,000 66.7 % +100.0 %"),
    ],
)
def test_a_month_is_compared_with_another_of_the_same_sources_alone(
    published: Path, sources: list[str], said: str
) -> None:
    modes = "select 'yellow_taxi' as trip__trip_type, 500 as total_trips union all select 'citibike', 250"
    write(published / "metrics/month=2023-12", "by_mode", modes)
    write(published / "month_ledger/month=2023-12", "month_ledger", f"select unnest({sources}) as source")
    assert said in Seen(report.page(published, JANUARY, [], PROVENANCE)).text


def test_what_is_not_published_yet_is_said_and_what_was_left_out_too(published: Path) -> None:
    early = [{**file, "fetched_at": "2024-03-01T02:00:11"} for file in PROVENANCE]
    text = Seen(report.page(published, JANUARY, [], early)).text
    assert (
        "had not published For-hire vehicle trips (other than Uber and Lyft) of 2024-01 by 2024-03-01, it seems" in text
    )
    late = [{**file, "fetched_at": "2024-09-01T02:00:11"} for file in PROVENANCE]
    assert "Made without: For-hire vehicle trips" in Seen(report.page(published, JANUARY, [], late)).text


def test_a_month_without_trips_findings_rejections_or_provenance_says_so(published: Path) -> None:
    month = published / "metrics/month=2024-01"
    empty = [*month.glob("*.parquet"), published / "rejections_by_reason/month=2024-01/rejections_by_reason.parquet"]
    for file in empty:
        duckdb.execute(
            f"copy (from read_parquet('{file}', hive_partitioning = false) limit 0) to '{file}.new' (format parquet)"
        )
        shutil.move(f"{file}.new", file)
    text = Seen(report.page(published, JANUARY, [], [])).text
    assert "No trips were published for this month." in text
    assert "Trips 0" in text
    assert "Nothing was checked." in text
    assert "No row was rejected." in text
    assert "The files that this month was made from are not known." in text


def test_a_month_that_is_not_published_is_refused_by_the_name_of_what_is_missing(published: Path) -> None:
    with pytest.raises(BadInput, match=r"month=2024-02/headline\.parquet is not there; publish the month first"):
        report.page(published, date(2024, 2, 1), [], [])
