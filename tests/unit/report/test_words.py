"""Numbers, names and lists as text."""

import re
from datetime import date
from pathlib import Path

import pytest
import yaml

from pipeline.report.words import (
    CONDITIONS,
    area,
    capitalized,
    counted,
    day_name,
    dollars,
    file_size,
    joined,
    minute,
    mode_sources,
    mode_title,
    month_name,
    number,
    short_month,
    showing,
    signed,
    template,
    trips_label,
)
from pipeline.sources import sources

DBT_PROJECT = Path(__file__).parents[3] / "dbt/dbt_project.yml"


def test_numbers_have_separators_and_units() -> None:
    assert number(1234.5, "mph", 1) == "1,234.5 mph"
    assert number(37, "%") == "37%"
    assert number(-5, "°C") == "−5 °C"
    assert number(0) == "0"


def test_what_rounds_to_0_is_not_negative() -> None:
    assert (number(-0.4, "°C"), number(-0.04, "", 1), number(-0.6)) == ("0 °C", "0.0", "−1")
    assert (dollars(-0.4), dollars(-0.004, 2), dollars(-0.4, 2)) == ("$0", "$0.00", "−$0.40")


def test_a_number_that_does_not_apply_is_a_dash() -> None:
    assert {number(None, "mph"), signed(None, "%"), dollars(None), file_size(None)} == {"—"}


@pytest.mark.parametrize(
    ("value", "text"), [(5, "+5%"), (-5, "−5%"), (0.4, "0%"), (-0.4, "0%"), (0, "0%"), (1234, "+1,234%")]
)
def test_changes_have_a_sign_unless_they_round_to_0(value: float, text: str) -> None:
    assert signed(value, "%") == text


def test_dollars_and_file_sizes() -> None:
    assert dollars(-9990.4) == "−$9,990"
    assert dollars(17.5, 2) == "$17.50"
    assert (file_size(49_961_641), file_size(7300)) == ("50.0 MB", "7.3 kB")


def test_times_days_and_months() -> None:
    assert minute("2024-03-21T02:00:11") == "2024-03-21 02:00"
    assert day_name(date(2024, 1, 9)) == "Tue 9 January"
    assert month_name(date(2024, 1, 1)) == "January 2024"
    assert short_month(date(2024, 1, 1)) == "Jan 2024"


def test_lists_and_counts() -> None:
    assert [joined(words) for words in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a and b", "a, b and c"]
    assert joined(["a", "b"], "or") == "a or b"
    assert (counted(1, "month"), counted(1200, "month")) == ("1 month", "1,200 months")
    assert (capitalized("rides of Citi Bike"), capitalized("")) == ("Rides of Citi Bike", "")


def test_labels_of_a_mode_come_from_its_sources() -> None:
    assert set(mode_sources()) == {source.trip_type for source in sources().values() if source.kind == "trips"}
    assert (mode_title("hvfhv"), trips_label("hvfhv")) == ("Uber, Lyft and others", "Uber and Lyft trips")


@pytest.mark.parametrize(
    ("loaded", "title", "label", "city"),
    [
        ({"citibike", "yellow_taxi"}, "Citi Bike", "Citi Bike rides", "New York City"),
        ({"citibike_jc"}, "Citi Bike, Jersey City", "Citi Bike rides in Jersey City", "Jersey City"),
        (
            {"citibike_jc", "green_taxi", "weather"},
            "Citi Bike, Jersey City",
            "Citi Bike rides in Jersey City",
            "New York City and Jersey City",
        ),
        (
            {"citibike_jc", "citibike"},
            "Citi Bike, New York City and Jersey City",
            "Citi Bike rides in New York City and Jersey City",
            "New York City and Jersey City",
        ),
    ],
)
def test_the_area_of_trips_outside_new_york_city_is_named(loaded: set[str], title: str, label: str, city: str) -> None:
    with showing(loaded):
        assert (mode_title("citibike"), trips_label("citibike"), area()) == (title, label, city)
        assert mode_title("green_taxi") == "Green taxi"
    assert (mode_title("citibike"), area()) == ("Citi Bike", "New York City")


def test_a_mode_without_a_source_has_its_trip_type_as_label() -> None:
    assert (mode_title("cargo_bike"), trips_label("cargo_bike")) == ("Cargo bike", "cargo bike trips")


def test_the_conditions_and_the_bounds_in_their_definitions_are_those_of_dbt() -> None:
    variables = yaml.safe_load(DBT_PROJECT.read_text())["vars"]
    assert [*CONDITIONS] == variables["weather_conditions"]
    bands = variables["temperature_bands_c"]
    below = {band["name"]: band.get("below") for band in bands}
    assert numbers_of("cold") == {below["cold"]}
    assert numbers_of("heat") == {below[bands[-2]["name"]]}
    assert numbers_of("adverse") == set(variables["adverse"].values())


def numbers_of(condition: str) -> set[int]:
    return {int(text.replace("−", "-")) for text in re.findall(r"−?\d+", CONDITIONS[condition].definition)}


def test_templates_escape_markup() -> None:
    month = {"name": "n", "label": "<b>", "description": "&", "unit": "", "formula": ""}
    html = template("metrics.html.j2").render(found={"core": [month]}, publishers=[])
    assert "&lt;b&gt;" in html and "&amp;" in html
