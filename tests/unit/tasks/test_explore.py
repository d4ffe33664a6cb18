"""What all months share of the data to explore: words of modes and publishers, shapes of zones."""

from pathlib import Path

import duckdb

from pipeline.tasks.explore import conditions, definitions, shapes, version, with_names_of_zones, words


def test_modes_have_the_words_and_colours_of_their_sources_and_publishers_are_named_once() -> None:
    months = [
        {"sources": ["yellow_taxi", "citibike_jc"], "modes": ["citibike", "yellow_taxi"]},
        {"sources": ["yellow_taxi"], "modes": ["yellow_taxi"]},
    ]
    found = words(months)
    titles = {mode["trip_type"]: mode["title"] for mode in found["modes"]}
    assert titles == {"citibike": "Citi Bike, Jersey City", "yellow_taxi": "Yellow taxi"}
    assert all(mode["colour"].startswith("#") for mode in found["modes"])
    assert [one["name"] for one in found["publishers"]] == ["citibike", "tlc", "open_meteo"]
    assert found["publisher_of"]["weather"] == "open_meteo"


def test_conditions_and_doses_have_titles_in_order() -> None:
    found = conditions()
    assert [one["condition"] for one in found["conditions"]] == ["rain", "snow", "cold", "heat", "adverse"]
    assert [one["title"] for one in found["doses"]][:2] == ["0.1 to 0.2 mm", "0.3 to 0.9 mm"]
    assert found["doses"][-1]["title"] == "dry 2 to 6 hours after rain"


def test_every_metric_has_words() -> None:
    assert definitions()["total_trips"]["unit"] == "trips"
    assert all(one["label"] and one["description"] for one in definitions().values())


def test_the_keys_of_zones_have_their_names_as_labels(tmp_path: Path) -> None:
    places = {"pickup_location": {"values": [4]}, "dropoff_location": {"values": [4]}}
    assert with_names_of_zones(places, tmp_path) == places
    (tmp_path / "dim_location").mkdir()
    row = "4 as location_key, 'Alphabet City' as zone_name, 'Manhattan' as borough"
    duckdb.execute(f"copy (select {row}) to '{tmp_path}/dim_location/dim_location.parquet'")
    found = with_names_of_zones(places | {"date__day_name": {}}, tmp_path)
    assert found["pickup_location"] == {"values": [4], "labels": {"4": "Alphabet City, Manhattan"}}
    assert found["date__day_name"] == {}


def test_shapes_are_those_of_the_published_zones(tmp_path: Path) -> None:
    assert shapes(tmp_path) == []
    for name, row in {
        "dim_location_shape": "4 as location_key, [[[0.0, 1.0]]] as rings",
        "dim_location": "4 as location_key, 'Alphabet City' as zone_name, 'Manhattan' as borough",
    }.items():
        (tmp_path / name).mkdir()
        duckdb.execute(f"copy (select {row}) to '{tmp_path / name / name}.parquet'")
    assert shapes(tmp_path) == [(4, "Alphabet City", "Manhattan", [[[0.0, 1.0]]])]


def test_the_version_is_that_of_the_code() -> None:
    assert len(version()) == 16
