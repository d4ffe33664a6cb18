"""Declared sources: invalid ones are refused; properties of all sources, and of months."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pipeline.sources
from pipeline.declarations import json_schema, validate
from pipeline.errors import BadInput
from pipeline.history import alerts
from pipeline.printable import PUBLIC_PARAMETERS
from pipeline.project import CONFIG
from pipeline.sources import Source, chosen, default_names, json_schemas, publishers, read_facts, sources

MONTHS = st.dates(date(1940, 1, 1), date(2099, 12, 1)).map(lambda day: day.replace(day=1))


@given(MONTHS)
def test_weather_is_requested_with_a_day_before_the_month_and_two_after(month: date) -> None:
    ((url, label),) = sources()["weather"].urls_of(month).items()
    first, last = (date.fromisoformat(url.split(f"{bound}_date=")[1][:10]) for bound in ("start", "end"))
    assert label == f"{month:%Y-%m}"
    assert last.day == 2 and (last - month).days in range(29, 33)
    assert (month - first).days == (1 if month > date(1940, 1, 1) else 0)


@given(MONTHS.filter(lambda month: month.year > 1940))
def test_every_address_contains_the_month_or_its_year_and_no_placeholder(month: date) -> None:
    for source in sources().values():
        for url, label in source.urls_of(month).items():
            assert "{" not in url
            assert label in {f"{month:%Y-%m}", f"{month:%Y}", "static"}
            assert source.static or f"{month:%Y}" in url


@pytest.mark.parametrize("source", sources().values(), ids=lambda source: source.name)
def test_every_source_has_a_title_and_terms(source: Source) -> None:
    assert source.title and source.columns and source.urls
    assert source.publisher.attribution and source.publisher.licence_link.startswith("https://")
    assert source.publisher.base_url_default.startswith("https://")
    names = [name for column in source.columns for name in column.names]
    assert len(names) == len(set(names)), "a published name may mean one column only"


TRIP_SOURCES = [source for source in sources().values() if source.kind == "trips"]


def test_trip_types_come_from_the_sources() -> None:
    assert {source.name: source.trip_type for source in sources().values() if source.trip_type} == {
        "citibike": "citibike",
        "citibike_jc": "citibike",
        "fhv_taxi": "fhv",
        "green_taxi": "green_taxi",
        "hvfhv_taxi": "hvfhv",
        "yellow_taxi": "yellow_taxi",
    }


@pytest.mark.parametrize("source", TRIP_SOURCES, ids=lambda source: source.name)
def test_every_source_of_trips_has_labels_and_colours(source: Source) -> None:
    assert re.fullmatch("[a-z][a-z_]*", source.trip_type)
    assert source.mode_title and source.trips_label
    assert re.fullmatch("#[0-9a-f]{6}", source.colour)
    assert re.fullmatch("(#[0-9a-f]{6})?", source.colour_dark)


def test_sources_of_the_same_staging_model_have_the_same_trip_type() -> None:
    assert len({(one.staging_model_name, one.trip_type) for one in TRIP_SOURCES}) == len(
        {one.staging_model_name for one in TRIP_SOURCES}
    )


def test_sources_of_the_same_trip_type_have_the_same_labels_and_colours() -> None:
    looks = {(one.trip_type, one.mode_title, one.trips_label, one.colour, one.colour_dark) for one in TRIP_SOURCES}
    assert len(looks) == len({source.trip_type for source in TRIP_SOURCES})


GREEN = "sources/green_taxi.yaml"
PUBLISHERS = "publishers.yaml"
INVALID = [
    (GREEN, "lag_days: [47, 78]", "lag_days: [soon, 78]", "lag_days[0]: Input should be a valid integer"),
    (GREEN, "lag_days: [47, 78]", "lag_days: [47]", "lag_days[1]: Field required"),
    (GREEN, "lag_days: [47, 78]", "lag_days: 47", "lag_days: Input should be a valid tuple, not 47"),
    (GREEN, "enabled: false", "enabled: sometimes", "enabled: Input should be a valid boolean"),
    (GREEN, "title: Green taxi trips", "title: 5", "title: Input should be a valid string, not 5"),
    (GREEN, "title: Green taxi trips\n", "", "title: Field required"),
    (GREEN, "trip_type: green_taxi\n", "", "kind is trips, but trip_type is missing"),
    (GREEN, "colour: ", "clour: ", "clour: unknown field; did you mean colour?"),
    (GREEN, "colour: ", "zzz: 1\ncolour: ", "zzz: unknown field"),
    (GREEN, "title: ", "name: green\ntitle: ", "name: unknown field; the name is green_taxi"),
    (GREEN, "2013-08", "2013-13", "first_month: expected a month as YYYY-MM, for example 2024-01, not '2013-13'"),
    (GREEN, "2013-08", "2013-08-01", "first_month: expected a month as YYYY-MM"),
    (GREEN, "kind: trips", "kind: trip", "kind: Input should be 'trips', 'weather' or 'zones', not 'trip'"),
    (GREEN, "publisher: tlc", "publisher: tcl", "publisher: expected one of the publishers tlc, citibike, open_meteo"),
    (GREEN, "trip_type: green_taxi", "trip_type: Green", "trip_type: expected lower-case letters and underscores"),
    (GREEN, 'colour: "#009e73"', "colour: green", "colour: expected a colour as #rrggbb, not 'green'"),
    (GREEN, "{year}-{month}", "{yaer}-{month}", "urls: unknown placeholder {yaer}"),
    (GREEN, "{year}-{month}", "{year-{month}", "urls: "),
    (
        GREEN,
        "read_parquet({file})",
        "read_parquet({path})",
        "read: unknown placeholder {path}; known are columns, file",
    ),
    (GREEN, "read_parquet({file})", "read_parquet({file:d})", "read: "),
    (GREEN, "until: 2024-12", "until: 2024", "columns.ehail_fee.until: expected a month as YYYY-MM"),
    (GREEN, "until: 2024-12", "untill: 2024-12", "columns.ehail_fee.untill: unknown field; did you mean until?"),
    (GREEN, "VendorID: integer", "VendorID: 5", "columns.VendorID.type: Input should be a valid string, not 5"),
    (GREEN, "VendorID: integer", "VendorID: intger", "columns.VendorID.type: expected varchar, timestamp, smallint"),
    (GREEN, "VendorID: integer", "VendorID: {name: a}", "columns: VendorID has the unknown field 'name'"),
    (GREEN, "title: ", "title: [", "is not YAML"),
    ("sources/weather.yaml", ", unit: hPa", "", "format is json, but the unit of pressure_msl is missing"),
    ("sources/citibike_jc.yaml", "like: citibike", "like: citybike", "like: expected a source that declares"),
    (PUBLISHERS, "  link: https://open-meteo.com/\n", "", "open_meteo: link: Field required"),
    (PUBLISHERS, "base_url_env: TLC_URL", "base_url_evn: TLC_URL", "tlc: base_url_env: Field required; base_url_evn: "),
    (PUBLISHERS, "tlc:", "- tlc:", "is not YAML"),
    ("alerts.yaml", "slow_seconds: 300", "slow_seconds: long", "slow_seconds: Input should be a valid number"),
    (
        "alerts.yaml",
        "slow_seconds: 300",
        "slow_second: 300",
        "slow_seconds: Field required; slow_second: ",
    ),
]


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of config/ that this process reads."""
    for name in ("sources", "schemas"):
        shutil.copytree(CONFIG / name, tmp_path / "config" / name)
    for path in CONFIG.glob("*.yaml"):
        shutil.copy(path, tmp_path / "config")
    monkeypatch.setattr(pipeline.sources, "CONFIG", tmp_path / "config")
    monkeypatch.setattr(alerts, "CONFIG", tmp_path / "config")
    clear_caches()
    yield tmp_path / "config"
    clear_caches()


def clear_caches() -> None:
    for function in (sources, publishers, alerts.rules):
        function.cache_clear()


@pytest.mark.parametrize(("file", "old", "new", "complaint"), INVALID)
def test_an_invalid_declaration_is_refused_in_one_line_that_names_the_file_and_the_field(
    config: Path, file: str, old: str, new: str, complaint: str
) -> None:
    text = (config / file).read_text()
    assert old in text
    (config / file).write_text(text.replace(old, new, 1))
    with pytest.raises(BadInput) as refused:
        _ = sources(), alerts.rules()
    assert f"config/{file}: {complaint}" in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("empty", ["urls: []\n", "urls:\n"])
def test_a_source_without_addresses_is_refused(config: Path, empty: str) -> None:
    text = (config / GREEN).read_text()
    (config / GREEN).write_text(re.sub("urls: .*\n", empty, text))
    with pytest.raises(BadInput, match=r"green_taxi\.yaml: urls: expected at least one address, as a list"):
        sources()


@pytest.mark.parametrize("file", [GREEN, PUBLISHERS, "alerts.yaml"])
def test_an_empty_file_is_refused(config: Path, file: str) -> None:
    (config / file).write_text("")
    with pytest.raises(BadInput, match=rf"config/{file}: "):
        _ = sources(), alerts.rules()


def test_a_run_is_refused_where_a_source_is_invalid(config: Path) -> None:
    text = (config / GREEN).read_text()
    (config / GREEN).write_text(text.replace("lag_days: [47, 78]", "lag_days: [a, b]"))
    code = "import sys, pathlib, pipeline.sources as s; s.CONFIG = pathlib.Path(sys.argv[1]); s.default_names()"
    ended = subprocess.run([sys.executable, "-c", code, config], text=True, capture_output=True, check=False)
    assert ended.returncode and "green_taxi.yaml: lag_days[0]: Input should be a valid integer" in ended.stderr


def test_valid_declarations_are_read_without_pydantic() -> None:
    code = (
        "import sys; from pipeline.sources import sources; from pipeline.history.alerts import rules; "
        "sources(), rules(); print('pydantic' in sys.modules)"
    )
    ended = subprocess.run([sys.executable, "-c", code], text=True, capture_output=True, check=True)
    assert ended.stdout == "False\n"


@pytest.mark.parametrize("source", sources().values(), ids=lambda source: source.name)
def test_pydantic_reads_a_source_as_the_run_does(source: Source) -> None:
    path = CONFIG / f"sources/{source.name}.yaml"
    assert validate(Source, read_facts(path) | {"name": source.name}, "") == source


def test_the_json_schemas_are_current_and_every_declaration_names_its_own() -> None:
    current = json_schemas() | {"alerts.json": json_schema(alerts.Rules)}
    stored = {name: json.loads((CONFIG / "schemas" / name).read_text()) for name in current}
    again = (
        "from pipeline.declarations import json_schema, write_json_schemas; from pipeline.history.alerts import Rules; "
        "from pipeline.sources import json_schemas; "
        "write_json_schemas(json_schemas() | {'alerts.json': json_schema(Rules)})"
    )
    assert stored == current, f'write them again: python -c "{again}"'
    for path in [*(CONFIG / "sources").glob("*.yaml"), CONFIG / PUBLISHERS, CONFIG / "alerts.yaml"]:
        schema = path.read_text().splitlines()[0].removeprefix("# yaml-language-server: $schema=")
        expected = "source.json" if path.parent.name == "sources" else f"{path.stem}.json"
        assert (path.parent / schema).resolve() == CONFIG / "schemas" / expected


def test_the_files_of_jersey_city_are_read_like_those_of_new_york() -> None:
    both = sources()["citibike"], sources()["citibike_jc"]
    assert both[0].columns == both[1].columns and both[0].version == both[1].version


def test_an_unknown_source_is_refused_with_the_known_ones() -> None:
    with pytest.raises(BadInput, match=r"'yelow_taxi': not known; did you mean yellow_taxi or .*/ has citibike, "):
        chosen(["yelow_taxi"])


def test_the_environment_selects_the_default_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MOBILITY_SOURCES", raising=False)
    assert default_names() == ("citibike", "fhv_taxi", "taxi_zone_polygons", "taxi_zones", "weather", "yellow_taxi")
    monkeypatch.setenv("MOBILITY_SOURCES", "green_taxi, weather")
    assert default_names() == ("green_taxi", "weather")


def test_base_addresses_of_the_environment_lose_a_slash_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TLC_URL", "http://127.0.0.1:1/")
    assert (
        next(iter(sources()["taxi_zones"].urls_of(date(2024, 1, 1)))) == "http://127.0.0.1:1/misc/taxi_zone_lookup.csv"
    )


def test_a_month_is_expected_after_the_lag_of_its_source() -> None:
    assert sources()["citibike"].expected(date(2024, 2, 1)) == (date(2024, 3, 4), date(2024, 3, 8))
    assert sources()["taxi_zones"].expected(date(2024, 2, 1))[0] < date(2024, 2, 1), (
        "the file of a static source is always published"
    )


def test_current_month_weather_begins_with_the_oldest_incomplete_month() -> None:
    weather = sources()["weather"]
    for today, first in ((date(2024, 3, 7), date(2024, 2, 1)), (date(2024, 3, 8), date(2024, 3, 1))):
        so_far = weather.so_far(today)
        assert so_far.first_month == first
        assert f"start_date={first}&end_date={today}&" in so_far.urls[0]


def test_an_address_with_a_password_is_refused_without_printing_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TLC_URL", "https://someone:secret@host")
    with pytest.raises(BadInput, match=r"TLC_URL: holds a password.*netrc") as refused:
        _ = sources()["green_taxi"].publisher.base_url
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("url", ["https://host/?token=secret", "https://host#secret", "host/secret", "http://[secret"])
def test_an_invalid_address_and_one_with_a_query_are_refused_without_printing_them(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TLC_URL", url)
    with pytest.raises(
        BadInput, match=r"TLC_URL: expected an address such as https://d37\S+, without query"
    ) as refused:
        _ = sources()["green_taxi"].publisher.base_url
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "month", "file"),
    [
        ("citibike", date(2022, 6, 1), "202206-citbike-tripdata.zip"),
        ("citibike", date(2022, 7, 1), "202207-citbike-tripdata.csv.zip"),
        ("citibike", date(2024, 3, 1), "202403-citibike-tripdata.csv.zip"),
        ("citibike", date(2018, 3, 1), "2018-citibike-tripdata.zip"),
        ("citibike_jc", date(2017, 8, 1), "JC-201708%20citibike-tripdata.csv.zip"),
        ("citibike_jc", date(2022, 7, 1), "JC-202207-citbike-tripdata.csv.zip"),
        ("citibike_jc", date(2025, 10, 1), "JC-202510-citibike-tripdata.zip"),
    ],
)
def test_every_name_that_a_file_was_published_under_is_asked_for(name: str, month: date, file: str) -> None:
    urls = sources()[name].urls_of(month)
    assert f"{sources()[name].publisher.base_url}/{file}" in urls
    assert not any(" " in url for url in urls)


def test_values_of_every_parameter_that_a_source_sends_are_shown() -> None:
    urls = [url for source in sources().values() for url in (*source.urls, source.so_far_url)]
    sent = {parameter for url in urls for parameter in re.findall(r"[?&](\w+)=", url)}
    assert sent <= PUBLIC_PARAMETERS, "add it to pipeline/printable.py unless it is a secret"
