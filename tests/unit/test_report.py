"""Real Parquet as it is published, and the pages made of it."""

from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import duckdb
import pytest

from pipeline import report
from pipeline.errors import BadInput
from pipeline.report.pages import mode_title, number

JANUARY = date(2024, 1, 1)

TABLES = {
    "dim_weather/dim_weather": """
        select
            i as weather_key, timestamp '2023-12-31' + to_hours(i) as local_hour, i % 10 as temperature_c,
            if(i % 24 in (8, 9) and i < 240, 1.5, 0) as precipitation_mm
        from range(33 * 24) as t(i)
    """,
    "fct_trips/month=2024-01/fct_trips": """
        select
            trip_type, source_month, i = 0 as is_adjustment, if(i = 0, -amount, amount)::decimal(9, 2) as revenue,
            20.0::double as trip_duration_minutes, miles::decimal(9, 3) as trip_distance_miles,
            miles::double * 3 as avg_speed_mph
        from trips, range(1001) as t(i)
    """,
    "fct_hourly_mobility/month=2024-01/fct_hourly_mobility": """
        select
            trip_type, source_month, i as weather_key, borough as pickup_borough, 2::bigint as trip_count,
            amount::decimal(18, 2) as revenue
        from trips, range(24, 32 * 24) as t(i), (values ('Bronx'), ('Queens')) as b(borough)
    """,
    "month_ledger/month=2024-01/month_ledger": """
        select
            source, source_month, 1003 as rows_published, 0 as rows_unreadable, 1003 as rows_raw,
            if(source = 'weather', null, 1001) as rows_fact, if(source = 'weather', null, 2) as rows_rejected
        from loads
    """,
    "rejected_trips/month=2024-01/rejected_trips": """
        select source, source_month, 'ends_before_it_starts' as reason from loads, range(2) where source <> 'weather'
    """,
}

FINDINGS = [
    {
        "severity": "warning",
        "outcome": "fail",
        "sentence": "core.fct_trips: 2024-01 breaks «a < b & <script>alert(1)</script>»",
    },
    {"severity": "critical", "outcome": "pass", "sentence": "core.fct_trips: 2024-01 holds «every trip has an id»"},
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


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """January 2024 as it is published: a thousand trips of each mode; wet from 8 to 10 for nine days."""
    with duckdb.connect() as con:
        con.execute(
            """
            create table trips as
            select *, date '2024-01-01' as source_month
            from (values ('yellow_taxi', 10, 4), ('citibike', null, null)) as t(trip_type, amount, miles)
            """
        )
        con.execute(
            """
            create table loads as
            select unnest(['yellow_taxi', 'citibike', 'weather']) as source, date '2024-01-01' as source_month
            """
        )
        for place, sql in TABLES.items():
            file = tmp_path / "published" / f"{place}.parquet"
            file.parent.mkdir(parents=True)
            con.execute(f"copy ({sql}) to '{file}' (format parquet)")
    return tmp_path / "published"


@pytest.fixture
def html(published: Path) -> str:
    return report.page(published, JANUARY, FINDINGS, PROVENANCE)


class Seen(HTMLParser):
    """The tags of a page with their attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += f" {' '.join(data.split())}"

    @property
    def links(self) -> set[str | None]:
        return {attributes.get("href") for tag, attributes in self.tags if tag == "a"}


def test_the_page_needs_neither_the_network_nor_a_script(html: str) -> None:
    seen = Seen(html)
    assert not {tag for tag, _ in seen.tags} & {"script", "img", "iframe", "object", "embed", "image", "use"}
    fetched = [attributes.get("src") or attributes.get("href") for tag, attributes in seen.tags if tag != "a"]
    assert [address for address in fetched if address] == ["data:,"]
    assert "url(" not in html
    assert "@import" not in html


def test_numbers_have_units_and_thousands_separators_and_adjustments_count_in_revenue_alone(html: str) -> None:
    text = Seen(html).text
    assert "2,000 trips by 2 modes, in a month with rain or snow in 18 of its 744 hours." in text
    assert "Revenue $9,990 US dollars, adjustments included" in text
    assert "Typical speed 12.0 mph" in text
    assert "Rejected rows 4 " in text
    assert "50.0 MB" in text
    assert "20.0 min" in text


def test_what_is_not_known_is_said_in_words(html: str) -> None:
    assert "Citi Bike 1,000 50.0 % not known 20.0 min not known" in Seen(html).text
    assert number(None, "mph") == "not known"


def test_each_published_row_is_accounted_for_and_reasons_are_words(html: str) -> None:
    text = Seen(html).text
    assert "Yellow taxi trips 1,003 0 1,001 2" in text
    assert "Hourly weather, New York City 1,003 0 no trips, but what they are joined to" in text
    assert "Yellow taxi trips ends before it starts 2" in text


def test_findings_that_fail_are_shown_with_their_severity_and_markup_in_them_is_text(html: str) -> None:
    assert "warning fail core.fct_trips: 2024-01 breaks «a < b & <script>alert(1)</script>»" in Seen(html).text
    assert "The 1 that hold" in html
    assert "<script" not in html


def test_every_publisher_is_named_with_a_link_to_itself_and_to_its_licence(html: str) -> None:
    assert Seen(html).links >= {
        "https://www.nyc.gov/site/tlc/about/tlc-trip-record-data.page",
        "https://citibikenyc.com/system-data",
        "https://citibikenyc.com/data-sharing-policy",
        "https://open-meteo.com/",
        "https://creativecommons.org/licenses/by/4.0/",
    }


def test_provenance_names_each_file_with_its_address_and_digest(html: str) -> None:
    text = Seen(html).text
    for file in PROVENANCE:
        assert str(file["url"]) in text
        assert f"2024-03-21 02:00 {file['sha256']}" in text


def drawings(html: str) -> list[ElementTree.Element]:
    parts = [part.split("</svg>")[0] for part in html.split("<svg ")[1:]]
    return [ElementTree.fromstring(f"<svg {part}</svg>") for part in parts]


def test_each_mode_has_a_chart_with_a_name_and_a_description_and_the_colours_of_the_page(html: str) -> None:
    svg = "{http://www.w3.org/2000/svg}"
    assert [drawing.findtext(f"{svg}title") for drawing in drawings(html)] == [
        "Yellow taxi: mean trips in an hour, by hour of day",
        "Citi Bike: mean trips in an hour, by hour of day",
    ]
    for drawing in drawings(html):
        assert drawing.get("role") == "img"
        assert "Dry hours peak at " in str(drawing.findtext(f"{svg}desc"))
        strokes = [line.get("stroke") for line in drawing.iter(f"{svg}path") if line.get("stroke")]
        assert strokes == ["var(--dry)", "var(--wet)"]


def test_a_month_without_findings_rejections_or_provenance_says_so(published: Path) -> None:
    empty = published / "rejected_trips" / "month=2024-01" / "rejected_trips.parquet"
    with duckdb.connect() as con:
        con.execute(f"copy (from '{empty}' limit 0) to '{empty}.new' (format parquet)")
    Path(f"{empty}.new").replace(empty)
    text = Seen(report.page(published, JANUARY, [], [])).text
    assert "Nothing was checked." in text
    assert "No row was rejected." in text
    assert "The files that this month was made from are not known." in text


def test_a_month_that_is_not_published_is_refused_by_the_name_of_what_is_missing(published: Path) -> None:
    with pytest.raises(BadInput, match=r"month=2024-02/fct_trips\.parquet is not there; publish the month first"):
        report.page(published, date(2024, 2, 1), [], [])


def test_the_index_lists_every_published_month_and_links_the_pages_that_exist(published: Path, tmp_path: Path) -> None:
    february = published / "fct_hourly_mobility" / "month=2024-02" / "fct_hourly_mobility.parquet"
    february.parent.mkdir()
    with duckdb.connect() as con:
        con.execute(
            f"""
            copy (select 'hvfhv' as trip_type, date '2024-02-01' as source_month, 5 as trip_count, 1.5 as revenue)
            to '{february}' (format parquet)
            """
        )
    (tmp_path / "2024-01.html").touch()
    seen = Seen(report.index(published, tmp_path))
    assert "2 months, the newest first." in seen.text
    assert "February 2024 none 5 none 5 $2" in seen.text
    assert "January 2024 2,976 none 2,976 5,952 $14,880" in seen.text
    assert {link for link in seen.links if link and link.endswith(".html")} == {"2024-01.html"}


def test_the_index_of_nothing_says_that_nothing_is_published(tmp_path: Path) -> None:
    assert "No month is published yet." in Seen(report.index(tmp_path, tmp_path)).text


def test_a_mode_that_nobody_has_named_yet_is_shown_by_its_own_name() -> None:
    assert mode_title("water_taxi") == "Water taxi"
    assert mode_title("fhv") == "For-hire vehicles"
