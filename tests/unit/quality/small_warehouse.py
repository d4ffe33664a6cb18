"""A small warehouse, two suites that it passes, and ways to damage it."""

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from pipeline.database import Warehouse

TRIPS = """
model: core.fct_trips
where: "source_month = {month}"
expectations:
  - {expectation: expect_table_row_count_to_be_between, min_value: 1, severity: critical,
     description: the month has trips}
  - {expectation: expect_column_values_to_not_be_null, column: trip_id, severity: critical,
     description: every trip has an id}
  - expectation: unexpected_rows_expectation
    description: every hour of the month with a trip has weather
    unexpected_rows_query: >-
      select distinct date_trunc('hour', trips.pickup_datetime) as hour_without_weather
      from {batch} as trips left join core.dim_weather as weather on trips.weather_key = weather.weather_key
      where weather.temperature_c is null order by hour_without_weather
    severity: critical
  - {expectation: expect_column_values_to_be_between, description: speeds are between 0 and 80 mph,
     column: avg_speed_mph, min_value: 0, max_value: 80, mostly: 0.99, severity: warning}
"""
WEATHER = """
model: staging.stg_weather__hourly
where: "source_month = {month}"
expectations:
  - {expectation: expect_table_row_count_to_be_between, min_value: 1, severity: critical,
     description: the month has weather}
  - {expectation: expect_column_values_to_be_between, description: temperatures are between -30 and 45 °C,
     column: temperature_c, min_value: -30, max_value: 45, severity: warning}
"""


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    """Two sound months: a trip every ten minutes, and weather from the day before a month to the day after."""
    path = tmp_path / "warehouse" / "nyc_mobility.duckdb"
    path.parent.mkdir()
    with duckdb.connect(str(path)) as con:
        con.execute("create schema core; create schema staging; create schema audit")
        con.execute("create table months as select unnest([date '2024-01-01', date '2024-02-01']) as source_month")
        con.execute(
            """
            create table core.fct_trips as
            select
                source_month, source_month || '-' || i as trip_id, 'yellow_taxi' as trip_type,
                source_month + to_minutes(10 * i) as pickup_datetime, 1 as weather_key, 12.5 as trip_duration_minutes,
                2.5::decimal(9, 3) as trip_distance_miles, 12::double as avg_speed_mph
            from months, range(29 * 144) as t(i)
            """
        )
        con.execute("create table core.dim_weather as select 1 as weather_key, 3.5 as temperature_c")
        con.execute(
            """
            create table staging.stg_weather__hourly as
            select
                source_month, source_month + to_hours(i) as observed_at_utc,
                3.5 as temperature_c, 0.2 as precipitation_mm
            from months, range(-24, 32 * 24) as t(i)
            """
        )
        con.execute(
            """
            create table audit.month_profile as
            select 'yellow_taxi' as source, source_month, 4176 as rows_published, 12.5::double as median_fare
            from months
            """
        )
    return Warehouse(path, tmp_path / "dbt", {"threads": "1", "memory_limit": "1GB"})


@pytest.fixture
def suites(tmp_path: Path) -> Path:
    """A suite of trips and one of weather, written like the project's own."""
    folder = tmp_path / "both"
    folder.mkdir()
    (folder / "fct_trips.yaml").write_text(TRIPS)
    (folder / "stg_weather__hourly.yaml").write_text(WEATHER)
    return folder


def damage(warehouse: Warehouse, sql: str) -> None:
    with duckdb.connect(str(warehouse.path)) as con:
        con.execute(sql)


WriteSuite = Callable[[str], Path]


@pytest.fixture
def write_suite(tmp_path: Path) -> WriteSuite:
    """Writes the suite fct_trips into a new folder, and returns the folder."""

    def write(text: str) -> Path:
        folder = tmp_path / "suites"
        folder.mkdir()
        (folder / "fct_trips.yaml").write_text(text)
        return folder

    return write


def one(severity: str, arguments: str) -> str:
    """A suite of one expectation."""
    return f"""
model: core.fct_trips
where: "source_month = {{month}}"
expectations:
  - {{{arguments}, severity: {severity}, description: it is sound}}
"""
