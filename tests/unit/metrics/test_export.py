"""The files of a month's metrics: the month's rows alone, in a stable order, and effects that replace earlier ones."""

from datetime import date
from pathlib import Path

import duckdb
import pytest

from pipeline.database import Warehouse, literal
from pipeline.metrics.conditions import AFTER_HOURS, CONDITIONS, DOSES_MM
from pipeline.metrics.effects import CONDITIONS_BY_BOROUGH, METHOD
from pipeline.metrics.export import (
    DIMENSIONS,
    ESTIMATES,
    create_views_of_month,
    export_pooled,
    store_effects,
    write_files,
)
from pipeline.warehouse.raw import EFFECTS, EFFECTS_POOLED
from tests.unit.metrics.hours_tables import create_tables

FEBRUARY = date(2024, 2, 1)


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    """A warehouse whose trips stand at the edges of February 2024, in its own file and in its neighbours'."""
    path = tmp_path / "nyc_mobility.duckdb"
    with duckdb.connect(path) as con:
        con.execute("create schema core")
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
        """)
        for table in DIMENSIONS:
            con.execute(f"create table core.{table} as from (values (1), (2)) as t (weather_key)")
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


def test_effects_replace_those_of_their_months_alone(tmp_path: Path) -> None:
    path, months = tmp_path / "nyc_mobility.duckdb", [date(2024, 1, 1), FEBRUARY]
    with duckdb.connect(path) as con:
        create_tables(con, months[0], mm="if(hour % 50 < 4, 1, 0)", trips="20 + hash(hour) % 9")
        con.execute("create schema estimates")
        con.execute(EFFECTS)
        con.execute(EFFECTS_POOLED)
        con.execute("create view core.weather_effects as from estimates.weather_effects where condition = 'rain'")
        con.execute("create view core.weather_effects_by_dose as from estimates.weather_effects limit 3")
    settings = {"threads": "1", "memory_limit": "1GB", "temp_directory": str(tmp_path / "spill")}
    warehouse = Warehouse(path, tmp_path / "dbt", settings)
    counts = store_effects(warehouse, {month: tmp_path / f"{month:%Y-%m}" for month in months})
    per_mode = len(CONDITIONS) + len(DOSES_MM) + len(AFTER_HOURS) + 2 * len(CONDITIONS_BY_BOROUGH)
    assert counts[months[0]] == {ESTIMATES: 2 * per_mode, "weather_effects": 6, "weather_effects_by_dose": 3}
    assert counts[FEBRUARY] == {ESTIMATES: 0, "weather_effects": 0, "weather_effects_by_dose": 0}
    (tmp_path / "2024-01/weather_effects.csv").unlink()
    assert store_effects(warehouse, {months[0]: tmp_path / "2024-01"}) == {months[0]: counts[months[0]]}
    assert store_effects(warehouse, {FEBRUARY: tmp_path / "2024-02"}) == {FEBRUARY: counts[FEBRUARY]}
    stored = (
        "select source_month, count(*), count(effect_pct) filter (condition = 'rain') from estimates.weather_effects"
    )
    with duckdb.connect(path) as con:
        assert con.execute(f"{stored} group by all").fetchall() == [(months[0], 2 * per_mode, 6)]
    assert (tmp_path / "2024-01/weather_effects.csv").read_text().count("2024-01-01,citibike") == 3


def test_the_effects_over_all_months_follow_the_months_that_are_stored(tmp_path: Path) -> None:
    path = tmp_path / "nyc_mobility.duckdb"
    with duckdb.connect(path) as con:
        con.execute("create schema estimates")
        con.execute(EFFECTS)
        con.execute(EFFECTS_POOLED)
        con.execute(f"""
            insert into estimates.weather_effects by name
            select
                date '2024-01-01' + to_months(month::int) as source_month, 'citibike' as trip_type,
                'all' as pickup_borough, 'rain' as condition, -30.0 - month as effect_pct, 0.1 as std_error,
                {METHOD} as method
            from range(12) as t (month)
        """)
    settings = {"threads": "1", "memory_limit": "1GB", "temp_directory": str(tmp_path / "spill")}
    warehouse = Warehouse(path, tmp_path / "dbt", settings)
    stored = "select months, round(effect_pct) from estimates.weather_effects_pooled where season = 'all'"
    for month, expected in ((13, (12, -36)), (12, (11, -35)), (12, (11, -35))):
        with duckdb.connect(path) as con:
            con.execute("delete from estimates.weather_effects where month(source_month) = ?", [month])
        assert export_pooled(warehouse, tmp_path) == [
            Path("weather_effects_pooled.csv"),
            Path("weather_effects_pooled.parquet"),
        ]
        with duckdb.connect(path) as con:
            assert con.execute(stored).fetchall() == [expected]
    assert len(duckdb.execute(f"from '{tmp_path}/weather_effects_pooled.parquet'").fetchall()) == 5
    assert (tmp_path / "weather_effects_pooled.csv").read_text().startswith("trip_type,condition,season,")
