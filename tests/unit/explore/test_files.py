"""The JavaScript files: calls with JSON, of which a month's parts are packed apart."""

import base64
import gzip
import json
from typing import Any

from pipeline.explore.files import catalogue_file, month_file, packed, with_references, zones_file


def arguments(script: str, function: str) -> Any:
    assert script.startswith(f"explore.{function}(") and script.endswith(");\n")
    return json.loads(f"[{script.removeprefix(f'explore.{function}(')[:-3]}]")


def test_a_month_is_a_call_with_its_packed_parts() -> None:
    month = {
        "month": "2024-03",
        "tables": {"hour": {"size": 0}},
        "cubes": {"hours": {"at": [[1]], "measures": {}}},
        "estimates": [],
    }
    name, parts = arguments(month_file(month), "month")
    assert name == "2024-03" and [*parts] == ["hour", "hours", "estimates"]
    assert json.loads(gzip.decompress(base64.b64decode(parts["hours"]))) == {"at": [[1]], "measures": {}}


def test_equal_content_gives_equal_bytes() -> None:
    assert packed({"a": [1, None, "é"]}) == packed({"a": [1, None, "é"]})


def test_the_catalogue_is_a_call() -> None:
    assert arguments(catalogue_file({"months": ["é"]}), "catalogue") == [{"months": ["é"]}]


def test_zones_are_geojson_without_points_that_coincide_or_are_on_a_line() -> None:
    ring: list[list[float]] = [[0.0001, 0], [0.0002, 0], [0, 0.5], [0, 1], [1, 60], [0.0001, 0]]
    point: list[list[float]] = [[0, 0], [0, 0.0001], [0, 0]]
    (found,) = arguments(zones_file([(4, "Alphabet City", "Manhattan", [ring, point])]), "zones")
    (zone,) = found["features"]
    assert zone["id"] == 4 and zone["properties"]["zone_name"] == "Alphabet City"
    # In degrees of the Mercator projection, 1 and 60 degrees north are 1.00005 and 75.456.
    assert zone["geometry"]["coordinates"] == [[[0, 0], [0, 2000], [2000, 150912], [0, 0]]]


def test_a_part_that_equals_an_earlier_one_in_some_rows_refers_to_it() -> None:
    measures = {
        "trips": [[3, 0, 5]],
        "rush_hour_trips": [[0, 0, 5]],
        "known_trips": [[None, None, 5]],
        "mean": [[1.5, None, 2.5], [3, 0, 5]],
        "other": [[3, 1, 5]],
    }
    assert with_references({"at": [[0, 1, 2]], "measures": measures}) == {
        "at": [[0, 1, 2]],
        "measures": {
            "trips": [[3, 0, 5]],
            "rush_hour_trips": [{"of": ["trips", 0], "where": "011", "elsewhere": 0}],
            "known_trips": [{"of": ["trips", 0], "where": "001", "elsewhere": None}],
            "mean": [[1.5, None, 2.5], {"of": ["trips", 0], "where": "111", "elsewhere": 0}],
            "other": [[3, 1, 5]],
        },
    }
