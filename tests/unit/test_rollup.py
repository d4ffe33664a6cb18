"""The rollup of a month: its keys, the parts of measures, and its file."""

from pathlib import Path

import duckdb

from pipeline import rollup
from tests.unit.metrics.trips_layer import create_trips, semantics_of


def test_the_rollup_has_a_row_for_each_hour_zone_and_trip_type_with_the_parts_of_measures(tmp_path: Path) -> None:
    with duckdb.connect() as con:
        create_trips(con, "trips")
        found = con.execute(f"{rollup.query(semantics_of(tmp_path), 'trips')} order by all")
        assert [column[0] for column in found.description or ()] == [
            *("trip_type", "pickup_datetime", "date_key", "time_key", "weather_key", "pickup_location_key"),
            *(
                "total_trips",
                "miles",
                "mean_miles_sum",
                "mean_miles_count",
                "days_min",
                "days_max",
                "ids_min",
                "ids_max",
                "least_miles",
            ),
        ]
        assert [(row[0], f"{row[1]:%H:%M}", *row[5:]) for row in found.fetchall()] == [
            ("bike", "09:00", None, 1, None, None, 0, 20240301, 20240301, 4, 4, None),
            ("taxi", "08:00", 132, 1, 3.5, 3.5, 2, 20240301, 20240301, 1, 2, 1.5),
            ("taxi", "08:00", 236, 1, 1.0, 1.0, 1, 20240301, 20240301, 3, 3, 1.0),
        ]


def test_its_file_has_whole_numbers_as_such_and_rows_in_the_order_of_their_keys(tmp_path: Path) -> None:
    file = tmp_path / "rollup.parquet"
    with duckdb.connect() as con:
        create_trips(con, "trips")
        con.execute(f"create table rolled as {rollup.query(semantics_of(tmp_path), 'trips')}")
        assert rollup.write(con, "rolled", file) == 3
        types = dict(con.execute(f"select column_name, column_type from (describe from '{file}')").fetchall())
        assert types["total_trips"] == "BIGINT" and types["miles"] == "DOUBLE"
        keys = con.execute(f"select trip_type, pickup_location_key from '{file}'").fetchall()
        assert keys == [("bike", None), ("taxi", 132), ("taxi", 236)]
