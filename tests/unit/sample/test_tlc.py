"""Generated trip records: rows, anomalies and times."""

from datetime import date
from pathlib import Path

import pytest

from pipeline.months import month_range
from pipeline.sample import tlc
from pipeline.sources import sources
from tests.unit.sample.conftest import Generated
from tests.unit.sample.generated_files import ANOMALOUS_MONTH, MONTHS, generate_small, number, repeated_rows


@pytest.mark.parametrize("source", tlc.FLEETS)
def test_files_are_at_the_urls_of_their_source(source: str) -> None:
    for month in month_range(sources()[source].first_month, date(2025, 12, 1)):
        [url] = sources()[source].urls_of(month)
        assert url.endswith(f"/{tlc.file_of(source, month)}")


@pytest.mark.parametrize(("source", "prefix"), [("yellow_taxi", "tpep"), ("green_taxi", "lpep")])
def test_the_manifest_counts_the_rows_of_metered_taxis(generated: Generated, source: str, prefix: str) -> None:
    start, end = f"{prefix}_pickup_datetime", f"{prefix}_dropoff_datetime"
    conditions = {
        "rows": "true",
        "outside_month": f"year({start}) in (2008, 2009)",
        "adjustment": "fare_amount < 0",
        "zero_distance": "trip_distance = 0",
        "absurd_distance": "trip_distance >= 100",
        "about_24_h": f"{end} - {start} between interval 23 hours and interval 24 hours",
        "longer_than_24_h": f"{end} - {start} > interval 24 hours",
        "ends_before_it_starts": f"{end} < {start}",
        "unknown_zone": "PULocationID = 999",
        "zone_264": "264 in (PULocationID, DOLocationID)",
        "zone_265": "265 in (PULocationID, DOLocationID)",
        "null_passenger_count": "passenger_count is null",
    }
    for month in MONTHS:
        counts, file = generated.counts(source, month), generated.file(source, month)
        counted = {name: number(f"select count(*) from '{file}' where {test}") for name, test in conditions.items()}
        assert counted == {name: counts.get(name, 0) for name in conditions}
        assert repeated_rows(file) == counts.get("exact_duplicate", 0)


def test_the_manifest_counts_the_rows_of_for_hire_vehicles(generated: Generated) -> None:
    counts, file = generated.counts("fhv_taxi", ANOMALOUS_MONTH), generated.file("fhv_taxi", ANOMALOUS_MONTH)
    assert number(f"select count(*) from '{file}'") == counts["rows"]
    assert number(f"select count(*) from '{file}' where PUlocationID is null") == counts["null_pickup_zone"]
    assert number(f"select count(*) from '{file}' where dropOff_datetime is null") == counts["null_dropoff_time"]
    assert number(f"select count(*) from '{file}' where dropOff_datetime < pickup_datetime") == 5
    assert repeated_rows(file) == 6
    assert counts["null_pickup_zone"] / counts["rows"] == pytest.approx(0.78, abs=0.03)


@pytest.mark.parametrize(
    ("month", "anomaly", "expected"),
    [
        (date(2016, 12, 1), "about_24_h", False),
        (date(2016, 12, 1), "unknown_zone", True),
        (date(2017, 1, 1), "about_24_h", True),
    ],
)
def test_for_hire_vehicles_have_no_anomaly_of_duration_before_2017(month: date, anomaly: str, expected: bool) -> None:
    assert tlc.can_show("fhv_taxi", month, anomaly) == expected


def test_trips_of_the_repeated_hour_in_november_may_end_before_they_start(tmp_path: Path) -> None:
    [file] = generate_small(tmp_path, [date(2024, 11, 1)], "yellow_taxi", rows={"yellow_taxi": 3_000_000})
    negative = f"from '{tmp_path / file.file}' where tpep_dropoff_datetime < tpep_pickup_datetime"
    assert number(f"select count(*) {negative}") == file.counts["fall_back_hour"] > 0
    assert number(f"select count(*) {negative} and date_trunc('hour', tpep_pickup_datetime) != '2024-11-03 01:00'") == 0


def test_no_trip_starts_in_the_skipped_hour_in_march(tmp_path: Path) -> None:
    [file] = generate_small(tmp_path, [date(2024, 3, 1)], "yellow_taxi", rows={"yellow_taxi": 3_000_000})
    of_hour = f"select count(*) from '{tmp_path / file.file}' where date_trunc('hour', tpep_pickup_datetime)"
    assert number(f"{of_hour} = '2024-03-10 02:00'") == 0
    assert number(f"{of_hour} = '2024-03-10 03:00'") > 0
