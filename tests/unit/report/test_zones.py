"""Maps of the taxi zones."""

from typing import Any

from pipeline.report.zones import maps, merged, path

SQUARES = [
    {"location_key": 1, "rings": [[[-74.2, 40.7], [-74.1, 40.7], [-74.1, 40.8], [-74.2, 40.8], [-74.2, 40.7]]]},
    {"location_key": 2, "rings": [[[-74.1, 40.7], [-74.0, 40.7], [-74.0, 40.8], [-74.1, 40.8], [-74.1, 40.7]]]},
]


def zone(key: int, name: str, trips: int, mode: str = "yellow_taxi") -> dict[str, Any]:
    return {"location_key": key, "zone_name": name, "borough": "EWR", "trip_type": mode, "trips": trips}


TRIPS = [zone(1, "Newark Airport", 900), zone(2, "Jamaica Bay", 90), zone(264, "Unknown", 10)]


def test_neighbouring_zones_share_a_border() -> None:
    outlines = maps([], [], SQUARES)["outlines"]
    assert outlines[1].startswith("M0 ") and "l500 0" in outlines[1]
    assert outlines[2].startswith("M500 ")


def test_the_map_is_as_high_as_the_city_is_at_its_latitude() -> None:
    (found,) = maps(["yellow_taxi"], TRIPS, SQUARES)["maps"]
    assert found["box"] == (0, 0, 1000, 660)  # 0.1 degrees of 0.2, divided by cos 40.75°


def test_zones_are_shaded_by_their_trips() -> None:
    (found,) = maps(["yellow_taxi"], TRIPS, SQUARES)["maps"]
    assert [one["shade"] for one in found["zones"]] == [6, 4]
    assert found["zones"][0]["label"] == "Newark Airport, EWR: 900 yellow taxi trips"
    assert found["busiest"] == [
        {"name": "Newark Airport, EWR", "trips": 900},
        {"name": "Jamaica Bay, EWR", "trips": 90},
    ]
    assert (found["elsewhere"], found["trips"]) == (10, 1000)


def test_a_mode_has_no_map_if_nearly_all_its_trips_began_elsewhere() -> None:
    (found,) = maps(["citibike"], [zone(265, "Outside NYC", 500, "citibike"), zone(1, "A", 4, "citibike")], SQUARES)[
        "maps"
    ]
    assert found["zones"] == [] and found["elsewhere"] == 504


def station(name: str, latitude: float, longitude: float, trips: int, key: int = 265) -> dict[str, Any]:
    where = {"latitude": latitude, "longitude": longitude, "location_key": key}
    return {"trip_type": "citibike", "station_name": name, "trips": trips, **where}


def test_stations_outside_the_zones_are_on_the_map_at_their_positions() -> None:
    rides = [zone(265, "Outside NYC", 500, "citibike"), zone(1, "Newark Airport", 90, "citibike")]
    stations = [
        station("Grove St", 40.75, -74.05, 300),
        station("In a zone", 40.75, -74.15, 90, key=1),
        station("Elsewhere", 41.5, -74.05, 20),
    ]
    (found,) = maps(["citibike"], rides, SQUARES, stations)["maps"]
    assert [(one["at"], one["label"]) for one in found["stations"]] == [((750, 330), "Grove St: 300 Citi Bike rides")]
    assert found["busiest"][0] == {"name": "Grove St", "trips": 300}
    assert (found["elsewhere"], found["trips"], found["box"]) == (200, 590, (0, 0, 1000, 660))


def test_the_map_of_a_mode_without_zones_is_the_area_of_its_stations() -> None:
    rides = [zone(265, "Outside NYC", 500, "citibike")]
    stations = [station("Grove St", 40.75, -74.05, 300), station("Newport", 40.76, -74.03, 200)]
    (found,) = maps(["citibike"], rides, SQUARES, stations)["maps"]
    left, top, width, height = found["box"]
    assert found["zones"] == [] and width == height < 200
    for one in found["stations"]:
        assert left < one["at"][0] < left + width and top < one["at"][1] < top + height
    assert found["elsewhere"] == 0


def test_there_are_no_outlines_without_shapes() -> None:
    assert maps(["yellow_taxi"], TRIPS, [])["outlines"] == {}


def test_rings_that_rounding_reduces_to_a_line_are_left_out() -> None:
    assert path([[(0, 0), (5, 0), (0, 0)]]) == ""
    assert path([[(0, 0), (5, 0), (5, 0), (5, 5), (0, 0)]]) == "M0 0l5 0 0 5 -5 -5z"


def test_steps_in_the_same_direction_are_merged() -> None:
    assert merged([(1, 0), (2, 0), (0, 3), (0, -1)]) == [(3, 0), (0, 3), (0, -1)]
