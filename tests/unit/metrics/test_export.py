"""The files of a month's metrics: the month's rows alone, in a stable order, and effects that replace earlier ones."""

from datetime import date
from pathlib import Path

import duckdb
import pytest

from pipeline.database import Warehouse, literal
from pipeline.metrics.effects import CONDITIONS
from pipeline.metrics.export import DIMENSIONS, create_views_of_month, store_effects, write_files

FEBRUARY = date(2024, 2, 1)


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    """A warehouse whose trips stand at the edges of February 2024, in its own file and in its neighbours'."""
    path = tmp_path / "nyc_mobility.duckdb"
    with duckdb.connect(path) as con:
        con.execute("create schema core; create schema estimates")
        con.execute("""
            create table core.fct_trips as
            from (values
                (1, date '2024-01-01', timestamp '2024-02-01 00:00:00'),
                (2, date '2024-02-01', timestamp '2024-01-31 23:59:59'),
                (3, date '2024-02-01', timestamp '2024-02-29 23:59:59'),
                (4, date '2024-03-01', timestamp '2024-02-29 12:00:00'),
                (5, date '2024-03-01', timestamp '2024-03-01 00:00:00')
            ) as t (trip_id, source_month, pickup_datetime);
            create view core.trips_with_hour_attributes as from core.fct_trips;
            create table core.fct_hourly_mobility as
            select
                date_trunc('month', pickup_datetime)::date as source_month, pickup_datetime as hour_timestamp,
                'citibike' as trip_type, 1 as trip_count, 1 as weather_key
            from core.fct_trips;
            create view core.hours_of_loaded_months as from core.fct_hourly_mobility;
            create table estimates.weather_effects (
                source_month date, trip_type varchar, condition varchar, effect_pct double, low_pct double,
                high_pct double, hours_with integer, hours_without integer, reason varchar
            )
        """)
        for table in DIMENSIONS:
            con.execute(f"""
                create table core.{table} as
                select *, 'none' as precipitation_type, 'mild' as temp_category, false as is_adverse
                from (values (1), (2)) as t (weather_key)
            """)
    settings = {"threads": "1", "memory_limit": "1GB", "temp_directory": str(tmp_path / "spill")}
    return Warehouse(path, tmp_path / "dbt", settings)


def test_views_of_a_month_have_its_trips_from_all_files_and_whole_dimensions(warehouse: Warehouse) -> None:
    with duckdb.connect() as con:
        create_views_of_month(con, warehouse.path, FEBRUARY)
        trips = con.execute("select trip_id from nyc_mobility.core.trips_with_hour_attributes order by 1").fetchall()
        hours = con.execute("select count(*) from nyc_mobility.core.hours_of_loaded_months").fetchall()
        assert trips == [(1,), (3,), (4,)]
        assert hours == [(3,)]
        for table in DIMENSIONS:
            assert con.execute(f"select count(*) from nyc_mobility.core.{table}").fetchall() == [(2,)]


def test_rows_are_written_in_the_order_of_all_columns_in_both_formats(tmp_path: Path) -> None:
    with duckdb.connect() as con:
        path = tmp_path / "by_mode"
        assert write_files(con, "from (values ('b', 2), ('a', 3), ('b', 1)) as t (mode, trips)", path) == 3
        files = f"from {literal(path.with_suffix('.parquet'))}"
        assert con.execute(files).fetchall() == [("a", 3), ("b", 1), ("b", 2)]
        assert path.with_suffix(".csv").read_text() == "mode,trips\na,3\nb,1\nb,2\n"


def test_effects_replace_those_of_their_months_alone(warehouse: Warehouse) -> None:
    months = [date(2024, 1, 1), FEBRUARY]
    store_effects(warehouse, months)
    with duckdb.connect(warehouse.path) as con:
        con.execute("update core.fct_hourly_mobility set trip_type = 'fhv' where source_month = date '2024-02-01'")
    store_effects(warehouse, [FEBRUARY])
    with duckdb.connect(warehouse.path) as con:
        stored = con.execute("""
            select source_month, trip_type, count(*), count(reason)
            from estimates.weather_effects group by all order by all
        """).fetchall()
    conditions = len(CONDITIONS)
    assert stored == [(months[0], "citibike", conditions, conditions), (FEBRUARY, "fhv", conditions, conditions)]
