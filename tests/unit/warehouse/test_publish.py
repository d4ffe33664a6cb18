"""Published Parquet: facts by month, dimensions as a whole."""

from datetime import date
from pathlib import Path

import duckdb
import pytest

from pipeline.database import Warehouse
from pipeline.warehouse import publish

JANUARY = date(2024, 1, 1)
TRIPS, ZONES = Path("fct_trips/month=2024-01/fct_trips.parquet"), Path("dim_zone/dim_zone.parquet")


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    """Three trips of two months, two zones, and a table of a schema that is not published."""
    path = tmp_path / "some.duckdb"
    with duckdb.connect(path) as con:
        for schema in ("core", "audit", "staging", "raw_data"):
            con.execute(f"create schema {schema}")
        con.execute("""
            create table core.fct_trips as
            select unnest([date '2024-01-01', date '2024-01-01', date '2024-02-01']) as source_month,
                unnest([1, 2, 3]) as trip
        """)
        con.execute("create table core.dim_zone as select unnest([1, 2]) as zone")
        con.execute("create table staging.int_trips as select date '2024-01-01' as source_month")
        con.execute("""
            create table raw_data.weather_so_far as
            select date '2024-02-01' as source_month, unnest([2, 0, 1]) as source_row,
                unnest(['2024-02-01T02:00', '2024-02-01T00:00', '2024-02-01T01:00']) as time,
                unnest([null, 3.5, 4.5]) as temperature_2m
        """)
    return Warehouse(path, tmp_path / "dbt", {})


def read(path: Path) -> list[tuple[object, ...]]:
    return duckdb.execute("from read_parquet(?, hive_partitioning = false)", [str(path)]).fetchall()


def test_dimensions_that_have_not_changed_are_left_as_they_are(warehouse: Warehouse, tmp_path: Path) -> None:
    assert publish.export(warehouse, JANUARY, tmp_path / "published", with_dimensions=False) == {TRIPS: 2}


def test_a_month_is_published_with_its_facts_and_all_dimensions(warehouse: Warehouse, tmp_path: Path) -> None:
    assert publish.export(warehouse, JANUARY, tmp_path / "published") == {ZONES: 2, TRIPS: 2}
    assert read(tmp_path / "published" / TRIPS) == [(JANUARY, 1), (JANUARY, 2)]
    assert read(tmp_path / "published" / ZONES) == [(1,), (2,)]
    written = {path.relative_to(tmp_path / "published") for path in (tmp_path / "published").rglob("*.parquet")}
    assert written == {ZONES, TRIPS}


def test_without_a_month_the_dimensions_alone_are_published(warehouse: Warehouse, tmp_path: Path) -> None:
    assert publish.export(warehouse, None, tmp_path / "published") == {ZONES: 2}


def test_only_observed_hours_of_a_feed_that_is_not_final_are_published(warehouse: Warehouse, tmp_path: Path) -> None:
    publish.export_so_far(warehouse, "weather_so_far", tmp_path / "published")
    found = read(tmp_path / "published/weather_so_far/weather_so_far.parquet")
    assert [(hour, float(str(celsius))) for hour, celsius in found] == [
        ("2024-02-01T00:00", 3.5),
        ("2024-02-01T01:00", 4.5),
    ]
