"""The stand-in upstream: what it puts in is what is there, and it answers as the publishers do."""

import functools
import json
import struct
import subprocess
import sys
import zipfile
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
import requests
import shapely

from pipeline.sample import demand, polygons, zones
from pipeline.sample.generate import GeneratedFile, generate
from pipeline.sample.stations import stations_in
from pipeline.sample.weather import HOUR, falls, weather
from tests.unit.sample_files import TRIPS, one, rides, small, sums

MONTHS = (date(2024, 1, 1), date(2024, 2, 1))
DIRTY = MONTHS[1]
FILE = "trip-data/yellow_tripdata_2024-01.parquet"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sample")


@pytest.fixture(scope="module")
def made(root: Path) -> dict[tuple[str, date], GeneratedFile]:
    """Two months of every source, the second one dirty."""
    files = generate(root, MONTHS, sources=(*TRIPS, "taxi_zones"), scale=0.2, anomalous_months=[DIRTY])
    return {(one.source, one.month): one for one in files}


def test_the_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        small(tmp_path / name, [date(2023, 12, 1), DIRTY], *TRIPS, "taxi_zones", anomalous_months=[DIRTY])
    assert sums(tmp_path / "one") == sums(tmp_path / "two")


def test_another_seed_gives_other_trips(tmp_path: Path) -> None:
    for seed in (1, 2):
        small(tmp_path / str(seed), [DIRTY], "fhv_taxi", seed=seed)
    assert sums(tmp_path / "1") != sums(tmp_path / "2")


def test_a_month_does_not_depend_on_the_months_made_with_it(tmp_path: Path) -> None:
    small(tmp_path / "both", list(MONTHS), "citibike", "yellow_taxi")
    small(tmp_path / "alone", [DIRTY], "citibike", "yellow_taxi")
    alone = {file: sum for file, sum in sums(tmp_path / "alone").items() if file != "manifest.json"}
    assert alone.items() <= sums(tmp_path / "both").items()


def test_there_are_265_zones_in_the_publishers_form(root: Path, made: object) -> None:
    lines = (root / "misc" / "taxi_zone_lookup.csv").read_bytes().split(b"\r\n")
    assert lines[0] == b'"LocationID","Borough","Zone","service_zone"'
    assert lines[132] == b'132,"Queens","JFK Airport","Airports"'
    assert lines[264:] == [b'264,"Unknown","NV","N/A"', b'265,"Unknown","NA","N/A"', b""]


def test_no_two_zones_share_a_place() -> None:
    cells = [zone.cell for zone in zones.zones() if zone.cell]
    assert len(cells) == len(set(cells)) == 263


def test_the_polygons_are_in_the_publishers_form(root: Path, made: object) -> None:
    with zipfile.ZipFile(root / "misc" / "taxi_zones.zip") as archive:
        files = {Path(name).suffix: archive.read(name) for name in archive.namelist() if "__MACOSX" not in name}
        junk = [name for name in archive.namelist() if name.startswith("__MACOSX/taxi_zones/._taxi_zones.")]
    assert set(files) == {".shp", ".shx", ".dbf", ".prj"} and len(junk) == 4
    assert files[".prj"].startswith(b'PROJCS["NAD_1983_StatePlane_New_York_Long_Island_FIPS_3104_Feet",')
    assert files[".dbf"][1:8] == bytes((122, 12, 6)) + struct.pack("<I", 263), "made on a day that is not today"


def test_every_station_stands_in_the_polygon_of_its_cell_and_not_in_a_hole_of_it() -> None:
    placed = [zone for zone in zones.zones() if zone.cell]
    shapes = {zone.id: polygon(list(polygons.rings_of(zone.id, zone.cell))) for zone in placed if zone.cell}
    tree, ids = shapely.STRtree(list(shapes.values())), list(shapes)
    assert len(shapes[polygons.WITH_HOLE].interiors) == 1
    assert len(shapes[polygons.IN_TWO_PARTS].geoms) == 2
    for station in (*stations_in(date(2024, 1, 1)), *stations_in(date(2024, 3, 1))):
        point = shapely.Point(station.lng, station.lat)
        cells = [zone.id for zone in placed if zone.cell and shapely.box(*zone.cell).contains(point)]
        assert [ids[found] for found in tree.query(point, "within")] == cells
        assert len(cells) == (station.system == "citibike")


def polygon(rings: list[polygons.Ring]) -> Any:
    """Within it lies what an odd number of the rings go round."""
    return functools.reduce(shapely.symmetric_difference, map(shapely.Polygon, rings))


# ---------------------------------------------------------------- what is said to be in it


@pytest.mark.parametrize("source", ["yellow_taxi", "green_taxi"])
def test_the_manifest_counts_what_a_metered_file_holds(
    root: Path, made: dict[tuple[str, date], GeneratedFile], source: str
) -> None:
    letter = {"yellow_taxi": "t", "green_taxi": "l"}[source]
    starts, ends = f"{letter}pep_pickup_datetime", f"{letter}pep_dropoff_datetime"
    tests = {
        "rows": "true",
        "outside_month": f"year({starts}) in (2008, 2009)",
        "adjustment": "fare_amount < 0",
        "zero_distance": "trip_distance = 0",
        "absurd_distance": "trip_distance >= 100",
        "about_24_h": f"{ends} - {starts} between interval 23 hours and interval 24 hours",
        "longer_than_24_h": f"{ends} - {starts} > interval 24 hours",
        "ends_before_it_starts": f"{ends} < {starts}",
        "unknown_zone": "PULocationID = 999",
        "zone_264": "264 in (PULocationID, DOLocationID)",
        "zone_265": "265 in (PULocationID, DOLocationID)",
        "null_passenger_count": "passenger_count is null",
    }
    for month in MONTHS:
        month_made = made[source, month]
        file = root / month_made.file
        assert {kind: one(f"select count(*) from '{file}' where {test}") for kind, test in tests.items()} == {
            kind: month_made.counts.get(kind, 0) for kind in tests
        }
        duplicates = one(f"select count(*) - (select count(*) from (select distinct * from '{file}')) from '{file}'")
        assert duplicates == month_made.counts.get("exact_duplicate", 0)


def test_the_manifest_counts_what_an_fhv_file_holds(root: Path, made: dict[tuple[str, date], GeneratedFile]) -> None:
    counts, file = made["fhv_taxi", DIRTY].counts, root / made["fhv_taxi", DIRTY].file
    assert one(f"select count(*) from '{file}'") == counts["rows"]
    assert one(f"select count(*) from '{file}' where PUlocationID is null") == counts["null_pickup_zone"]
    assert one(f"select count(*) from '{file}' where dropOff_datetime is null") == counts["null_dropoff_time"]
    assert one(f"select count(*) from '{file}' where dropOff_datetime < pickup_datetime") == 5
    assert one(f"select count(*) - (select count(*) from (select distinct * from '{file}')) from '{file}'") == 6
    assert counts["null_pickup_zone"] / counts["rows"] == pytest.approx(0.78, abs=0.03)


@pytest.mark.parametrize("source", ["citibike", "citibike_jc"])
def test_the_manifest_counts_what_a_citi_bike_file_holds(
    root: Path, made: dict[tuple[str, date], GeneratedFile], source: str
) -> None:
    counts, file = made[source, DIRTY].counts, root / made[source, DIRTY].file
    rows = rides(file, DIRTY)
    lasts = [datetime.fromisoformat(row[3]) - datetime.fromisoformat(row[2]) for row in rows]
    earlier = {tuple(row) for row in rides(root / made[source, MONTHS[0]].file, MONTHS[0])}
    before = [row for row in rows if row[2] < str(DIRTY)]
    assert len(rows) + counts["unreadable"] == counts["rows"]
    assert len({tuple(row) for row in rows}) == len(rows) - counts["exact_duplicate"]
    assert sum(last < timedelta(0) for last in lasts) == counts["ends_before_it_starts"]
    assert sum(timedelta(hours=23) < last <= timedelta(hours=24) for last in lasts) == counts["about_24_h"]
    assert sum(last > timedelta(hours=24) for last in lasts) == counts["longer_than_24_h"]
    assert sum(not row[7] for row in rows) == counts["null_end_station"]
    assert sum(tuple(row) in earlier for row in before) == counts["in_two_files"]
    assert len(before) == counts["in_two_files"] + counts["began_month_before"]


def test_the_manifest_lies_beside_the_files_and_grows(tmp_path: Path) -> None:
    [first] = small(tmp_path, [MONTHS[0]], "fhv_taxi")
    [second] = small(tmp_path, [MONTHS[1]], "fhv_taxi", anomalous_months=[DIRTY])
    told = json.loads((tmp_path / "manifest.json").read_text())
    assert [file["counts"] for file in told["files"]] == [first.counts, second.counts]
    assert told["effects"]["citibike"]["rain"] == 0.6


def test_the_night_the_clocks_go_back_has_rides_that_seem_to_end_before_they_start(tmp_path: Path) -> None:
    [made] = small(tmp_path, [date(2024, 11, 1)], "yellow_taxi", rows={"yellow_taxi": 3_000_000})
    negative = f"from '{tmp_path / made.file}' where tpep_dropoff_datetime < tpep_pickup_datetime"
    assert one(f"select count(*) {negative}") == made.counts["fall_back_hour"] > 0
    assert one(f"select count(*) {negative} and date_trunc('hour', tpep_pickup_datetime) != '2024-11-03 01:00'") == 0


def test_the_hour_that_the_clocks_skip_has_no_trips(tmp_path: Path) -> None:
    [made] = small(tmp_path, [date(2024, 3, 1)], "yellow_taxi", rows={"yellow_taxi": 3_000_000})
    starts = f"select count(*) from '{tmp_path / made.file}' where date_trunc('hour', tpep_pickup_datetime)"
    assert one(f"{starts} = '2024-03-10 02:00'") == 0
    assert one(f"{starts} = '2024-03-10 03:00'") > 0


# ---------------------------------------------------------------- weather and what it does


@pytest.mark.parametrize("factor", [0.6, 1.0, 1.4])
def test_the_effect_of_rain_can_be_measured_again(factor: float) -> None:
    """Rides in rain against rides expected of the same hours of the week without rain."""
    effect = demand.Effect(rain=factor)
    months = [date(2024, number, 1) for number in range(4, 11)]
    hours = [hour for month in months for hour in demand.hours("citibike", month, 500_000, effect, 1)]
    dry: dict[tuple[int, int], list[int]] = {}
    for hour in hours:
        if falls(hour.utc) is None:
            dry.setdefault((hour.wall.weekday(), hour.wall.hour), []).append(hour.trips)
    wet = [hour for hour in hours if falls(hour.utc) == "rain"]
    usual = {slot: sum(trips) / len(trips) for slot, trips in dry.items()}
    expected = sum(usual[hour.wall.weekday(), hour.wall.hour] for hour in wet)
    assert sum(hour.trips for hour in wet) / expected == pytest.approx(factor, rel=0.01)


def test_a_file_holds_the_trips_that_were_planned(root: Path, made: dict[tuple[str, date], GeneratedFile]) -> None:
    planned = demand.hours("yellow_taxi", MONTHS[0], 40_000 * 0.2, demand.EFFECTS["yellow_taxi"], 1)
    file = root / made["yellow_taxi", MONTHS[0]].file
    counted = duckdb.execute(f"select date_trunc('hour', tpep_pickup_datetime), count(*) from '{file}' group by all")
    assert dict(counted.fetchall()) == {hour.wall: hour.trips for hour in planned if hour.trips}


def test_rain_is_reported_by_the_hour_after_it() -> None:
    hours = [datetime(2024, 5, 1) + number * HOUR for number in range(24 * 30)]
    for hour in hours:
        assert (falls(hour) is None) == (weather(hour + HOUR)["precipitation"] == 0)


def test_a_year_has_the_weather_of_new_york() -> None:
    hours = [weather(datetime(2024, 1, 1) + number * HOUR) for number in range(24 * 366)]
    temperatures = [hour["temperature_2m"] for hour in hours]
    assert -15 < min(temperatures) < 0
    assert 30 < max(temperatures) < 40
    assert 0.05 < sum(hour["rain"] > 0 for hour in hours) / len(hours) < 0.2
    assert 0 < sum(hour["snowfall"] > 0 for hour in hours) / len(hours) < 0.05
    assert all(
        hour["precipitation"] == pytest.approx(hour["rain"] + hour["snowfall"] / 0.7, abs=0.01) for hour in hours
    )


def test_the_command_line_makes_files_and_serves_them(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pipeline.sample"]
    words = [
        "generate",
        str(tmp_path),
        "--start",
        "2023-12",
        "--months",
        "2",
        "--scale",
        "0.02",
        "--sources",
        "fhv_taxi",
    ]
    told = subprocess.run([*command, *words], check=True, capture_output=True, text=True).stdout
    assert "2024-01  fhv_taxi" in told
    with subprocess.Popen([*command, "serve", str(tmp_path)], stdout=subprocess.PIPE, text=True) as serving:
        assert serving.stdout
        url = serving.stdout.readline().strip()
        assert requests.head(f"{url}/trip-data/fhv_tripdata_2023-12.parquet", timeout=5).status_code == 200
        serving.terminate()
