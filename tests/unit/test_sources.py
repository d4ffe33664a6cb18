"""Declared sources: what holds for all of them, and months for any date."""

import re
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import BadInput
from pipeline.sources import CONFIG, chosen, default_names, read_source, sources

MONTHS = st.dates(date(1940, 1, 1), date(2099, 12, 1)).map(lambda day: day.replace(day=1))


@given(MONTHS)
def test_weather_is_asked_for_with_a_day_before_the_month_and_two_after(month: date) -> None:
    ((url, label),) = sources()["weather"].urls_of(month).items()
    first, last = (date.fromisoformat(url.split(f"{bound}_date=")[1][:10]) for bound in ("start", "end"))
    assert label == f"{month:%Y-%m}"
    assert last.day == 2 and (last - month).days in range(29, 33)
    assert (month - first).days == (1 if month > date(1940, 1, 1) else 0)


@given(MONTHS.filter(lambda month: month.year > 1940))
def test_every_address_names_the_month_or_its_year_and_nothing_is_left_open(month: date) -> None:
    for source in sources().values():
        for url, label in source.urls_of(month).items():
            assert "{" not in url
            assert label in {f"{month:%Y-%m}", f"{month:%Y}", "static"}
            assert source.static or f"{month:%Y}" in url


@pytest.mark.parametrize("source", sources().values(), ids=lambda source: source.name)
def test_every_source_says_what_it_is_and_under_which_terms(source) -> None:  # type: ignore[no-untyped-def]
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
def test_every_source_of_trips_has_labels_and_colours(source) -> None:  # type: ignore[no-untyped-def]
    assert re.fullmatch("[a-z][a-z_]*", source.trip_type)
    assert source.mode_title and source.trips_label
    assert re.fullmatch("#[0-9a-f]{6}", source.colour)
    assert re.fullmatch("(#[0-9a-f]{6})?", source.colour_dark)


def test_sources_of_the_same_trip_type_have_the_same_labels_and_colours() -> None:
    looks = {(one.trip_type, one.mode_title, one.trips_label, one.colour, one.colour_dark) for one in TRIP_SOURCES}
    assert len(looks) == len({source.trip_type for source in TRIP_SOURCES})


def test_a_source_of_trips_without_a_trip_type_is_refused(tmp_path: Path) -> None:
    text = (CONFIG / "sources/green_taxi.yaml").read_text().replace("trip_type: green_taxi\n", "")
    (tmp_path / "green_taxi.yaml").write_text(text)
    with pytest.raises(BadInput, match=r"green_taxi\.yaml: kind is trips, but trip_type is missing"):
        read_source(tmp_path / "green_taxi.yaml")


def test_jersey_city_is_read_as_new_york_is() -> None:
    both = sources()["citibike"], sources()["citibike_jc"]
    assert both[0].columns == both[1].columns and both[0].version == both[1].version


def test_an_unknown_source_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(BadInput, match=r"source 'yelow_taxi': not known; config/sources/ has citibike, .*yellow_taxi"):
        chosen(["yelow_taxi"])


def test_the_environment_says_which_sources_are_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MOBILITY_SOURCES", raising=False)
    assert default_names() == ("citibike", "fhv_taxi", "taxi_zone_polygons", "taxi_zones", "weather", "yellow_taxi")
    monkeypatch.setenv("MOBILITY_SOURCES", "green_taxi, weather")
    assert default_names() == ("green_taxi", "weather")


def test_base_addresses_come_from_the_environment_without_a_slash_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TLC_URL", "http://127.0.0.1:1/")
    assert (
        next(iter(sources()["taxi_zones"].urls_of(date(2024, 1, 1)))) == "http://127.0.0.1:1/misc/taxi_zone_lookup.csv"
    )


def test_a_month_is_expected_so_many_days_after_its_last() -> None:
    assert sources()["citibike"].expected(date(2024, 2, 1)) == (date(2024, 3, 4), date(2024, 3, 8))
    assert sources()["taxi_zones"].expected(date(2024, 2, 1))[0] < date(2024, 2, 1), "one file for all is always there"


def test_the_weather_so_far_begins_with_the_oldest_month_that_is_not_settled() -> None:
    weather = sources()["weather"]
    for today, first in ((date(2024, 3, 7), date(2024, 2, 1)), (date(2024, 3, 8), date(2024, 3, 1))):
        so_far = weather.so_far(today)
        assert so_far.first_month == first
        assert f"start_date={first}&end_date={today}&" in so_far.urls[0]


def test_an_address_with_a_password_is_refused_without_saying_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TLC_URL", "https://someone:secret@host")
    with pytest.raises(BadInput, match=r"TLC_URL: holds a password.*netrc") as refused:
        _ = sources()["green_taxi"].publisher.base_url
    assert "secret" not in str(refused.value)
