"""Generated folders: reproducible, and described by their manifest."""

import json
from datetime import date
from pathlib import Path

import duckdb

from pipeline.sample import citibike, tlc
from pipeline.sample.demand import PROFILES, WEATHER_EFFECTS, hours_of_month
from pipeline.sample.generate import ANOMALIES, DEMO_SOURCES, ROWS_PER_MONTH
from pipeline.sources import sources
from tests.unit.sample.conftest import Generated
from tests.unit.sample.generated_files import ANOMALOUS_MONTH, MONTHS, TRIP_SOURCES, file_hashes, generate_small


def test_the_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("first", "second"):
        months = [date(2023, 12, 1), ANOMALOUS_MONTH]
        generate_small(tmp_path / name, months, *TRIP_SOURCES, "taxi_zones", anomalous_months=months[1:])
    assert file_hashes(tmp_path / "first") == file_hashes(tmp_path / "second")


def test_another_seed_gives_other_trips(tmp_path: Path) -> None:
    for seed in (1, 2):
        generate_small(tmp_path / str(seed), [MONTHS[0]], "fhv_taxi", seed=seed)
    assert file_hashes(tmp_path / "1") != file_hashes(tmp_path / "2")


def test_a_file_does_not_depend_on_the_other_months_of_the_call(tmp_path: Path) -> None:
    generate_small(tmp_path / "both", [*MONTHS], "citibike", "yellow_taxi")
    generate_small(tmp_path / "one", [MONTHS[1]], "citibike", "yellow_taxi")
    one = {file: digest for file, digest in file_hashes(tmp_path / "one").items() if file != "manifest.json"}
    assert one.items() <= file_hashes(tmp_path / "both").items()


def test_a_source_has_no_files_before_its_first_month(tmp_path: Path) -> None:
    files = generate_small(tmp_path, [date(2019, 1, 1), date(2019, 2, 1)], "hvfhv_taxi")
    assert [file.month for file in files] == [sources()["hvfhv_taxi"].first_month] == [date(2019, 2, 1)]


def test_the_generated_sources_are_declared_and_have_all_options() -> None:
    """A declared source may have no generator: a test can write its files into the folder, and they are served."""
    assert set(ROWS_PER_MONTH) <= set(sources())
    assert set(ROWS_PER_MONTH) == set(ANOMALIES) == set(WEATHER_EFFECTS) == set(PROFILES)
    assert set(ROWS_PER_MONTH) == {*tlc.FLEETS, *citibike.SOURCES}


def test_the_demo_uses_declared_sources() -> None:
    assert set(DEMO_SOURCES) <= set(sources())


def test_a_second_call_adds_its_files_to_the_manifest(tmp_path: Path) -> None:
    [first] = generate_small(tmp_path, [MONTHS[0]], "fhv_taxi")
    [second] = generate_small(tmp_path, [MONTHS[1]], "fhv_taxi", anomalous_months=[ANOMALOUS_MONTH])
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert [file["counts"] for file in manifest["files"]] == [first.counts, second.counts]
    assert manifest["effects"]["citibike"]["rain"] == 0.6


def test_a_file_has_the_trips_of_each_hour_of_the_demand(generated: Generated) -> None:
    hours = hours_of_month("yellow_taxi", MONTHS[0], 40_000 * 0.2, WEATHER_EFFECTS["yellow_taxi"], 1)
    file = generated.file("yellow_taxi", MONTHS[0])
    counted = duckdb.execute(f"select date_trunc('hour', tpep_pickup_datetime), count(*) from '{file}' group by all")
    assert dict(counted.fetchall()) == {hour.local: hour.trips for hour in hours if hour.trips}
