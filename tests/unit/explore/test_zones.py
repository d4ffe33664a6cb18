"""Names and shapes of the published taxi zones."""

from pathlib import Path

import duckdb

from pipeline.explore.zones import shapes, with_names_of_zones


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
