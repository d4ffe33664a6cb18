"""Raw tables: each load replaces a month's rows in one transaction, and records where they came from."""

from dataclasses import asdict
from datetime import date
from pathlib import Path

import duckdb
import pytest

from pipeline.database import Warehouse
from pipeline.results import Converted, Landed, TypeDifference
from pipeline.sources import sources
from pipeline.warehouse import raw, raw_views

JANUARY, FEBRUARY = date(2024, 1, 1), date(2024, 2, 1)
ZONES, GREEN = sources()["taxi_zones"], sources()["green_taxi"]


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    monkeypatch.setenv("MOBILITY_DATA", str(tmp_path))
    settings = {"threads": "2", "memory_limit": "500MB", "temp_directory": str(tmp_path / "spill")}
    return Warehouse(tmp_path / "warehouse/some.duckdb", tmp_path / "dbt", settings)


def load(warehouse: Warehouse, month: date, distances: list[float], sha256: str = "a") -> int:
    """Loads green taxi trips of these distances."""
    write(month, [column.name for column in GREEN.columns], distances)
    landed = Landed("a.parquet", "https://host/a", "", "", 10, sha256, "2024-03-01T00:00:00+00:00")
    return raw.load(warehouse, GREEN, month, landed, Converted(len(distances) + 1, 1, ("a.csv",)))


def write(month: date, columns: list[str], distances: list[float], type_: str = "double") -> None:
    """Writes the month's Parquet file, with these columns."""
    parquet = raw_views.parquet_of(GREEN, month)
    parquet.parent.mkdir(parents=True, exist_ok=True)
    types = {column.name: column.type for column in GREEN.columns}
    values = [f"null::{types[name]} as {name}" for name in columns if name != "trip_distance"]
    values += [f"unnest($distances)::{type_} as trip_distance"] if "trip_distance" in columns else []
    query = f"select {', '.join(values)} from (select $distances)"
    duckdb.execute(f"copy ({query}) to '{parquet}'", {"distances": distances})


def rows(warehouse: Warehouse, sql: str) -> list[tuple[object, ...]]:
    with warehouse.connect(read_only=True) as con:
        return con.execute(sql).fetchall()


def test_a_load_replaces_the_rows_of_its_month_alone(warehouse: Warehouse) -> None:
    assert load(warehouse, JANUARY, [1, 2, 3]) == 3
    assert load(warehouse, FEBRUARY, [9]) == 1
    assert load(warehouse, JANUARY, [5, 4]) == 2
    found = "select source_month, source_row, trip_distance from raw_data.green_taxi order by all"
    assert rows(warehouse, found) == [(JANUARY, 0, 5.0), (JANUARY, 1, 4.0), (FEBRUARY, 0, 9.0)]


def test_a_load_is_recorded_with_its_file_and_rows(warehouse: Warehouse) -> None:
    load(warehouse, JANUARY, [1, 2])
    found = "select source, rows_published, rows_unreadable, rows_raw, sha256, members from raw_data.loads"
    assert rows(warehouse, found) == [("green_taxi", 3, 1, 2, "a", ["a.csv"])]


def test_differing_types_are_recorded_also_of_a_file_that_was_replaced(warehouse: Warehouse) -> None:
    difference = TypeDifference("fare", is_other_type=True, missing=1, invalid=2, sentence="fare is far")
    stored = asdict(difference)
    load(warehouse, JANUARY, [1])
    for sha256 in ("b", "c"):
        landed = Landed("a.parquet", "", "", "", 1, sha256, "2024-03-01")
        raw.load(warehouse, GREEN, JANUARY, landed, Converted(1, 0, ("a.parquet",), (difference,)))
    assert rows(warehouse, "select type_differences from raw_data.loads") == [([stored],)]
    assert rows(warehouse, "select type_differences from raw_data.replaced order by sha256") == [([],), ([stored],)]


def test_only_a_file_that_was_replaced_by_another_is_recorded_as_replaced(warehouse: Warehouse) -> None:
    for sha256 in ("a", "a", "b"):
        load(warehouse, JANUARY, [1], sha256)
    assert rows(warehouse, "select sha256 from raw_data.replaced") == [("a",)]
    assert rows(warehouse, "select sha256 from raw_data.loads") == [("b",)]


def test_a_load_of_another_number_of_rows_than_converted_changes_nothing(warehouse: Warehouse) -> None:
    load(warehouse, JANUARY, [1, 2])
    landed = Landed("a.parquet", "", "", "", 10, "b", "2024-03-01T00:00:00+00:00")
    with pytest.raises(AssertionError, match="has 2 rows, 5 were converted"):
        raw.load(warehouse, GREEN, JANUARY, landed, Converted(5, 0))
    assert rows(warehouse, "select sha256, rows_raw from raw_data.loads") == [("a", 2)]
    assert rows(warehouse, "select count(*) from raw_data.green_taxi") == [(2,)]


def test_effects_of_an_older_method_are_deleted_and_their_table_gets_the_new_columns(warehouse: Warehouse) -> None:
    load(warehouse, JANUARY, [1])
    with warehouse.connect() as con:
        con.execute("drop table estimates.weather_effects")
        con.execute(
            "create table estimates.weather_effects as select date '2024-01-01' as source_month, -3.0 as effect_pct"
        )
    load(warehouse, FEBRUARY, [1])
    assert rows(warehouse, "select source_month, effect_pct, df, method from estimates.weather_effects") == []


def test_a_month_is_built_from_the_given_sources_and_loses_the_rows_of_others(warehouse: Warehouse) -> None:
    load(warehouse, JANUARY, [1, 2])
    load(warehouse, FEBRUARY, [3])
    raw.begin(warehouse, {JANUARY: ["green_taxi"]})
    assert rows(warehouse, "select source, source_month from raw_data.built") == [("green_taxi", JANUARY)]
    raw.begin(warehouse, {JANUARY: ["yellow_taxi"]})
    assert rows(warehouse, "select source_month from raw_data.green_taxi") == [(FEBRUARY,)]
    assert rows(warehouse, "from raw_data.built") == []


def test_a_forgotten_source_leaves_other_months_and_no_findings_of_the_month(warehouse: Warehouse) -> None:
    finding = dict.fromkeys(
        ("suite", "source", "expectation", "column_name", "description", "severity", "outcome", "observed"), ""
    )
    load(warehouse, JANUARY, [1, 2])
    load(warehouse, FEBRUARY, [3])
    raw.store_findings(warehouse, {month: [finding | {"sentence": "bad"}] for month in (JANUARY, FEBRUARY)})
    raw.forget(warehouse, [GREEN], JANUARY)
    assert rows(warehouse, "select source_month from raw_data.green_taxi") == [(FEBRUARY,)]
    assert rows(warehouse, "select source_month from raw_data.loads") == [(FEBRUARY,)]
    assert rows(warehouse, "select source_month from quality.findings") == [(FEBRUARY,)]


def test_rows_are_counted_by_table_source_and_month(warehouse: Warehouse) -> None:
    load(warehouse, JANUARY, [1, 2])
    load(warehouse, FEBRUARY, [3])
    assert raw.count_rows(warehouse) == {
        ("loads", "green_taxi", "2024-01"): 2,
        ("loads", "green_taxi", "2024-02"): 1,
    }


def test_federal_holidays_are_stored_to_the_end_of_next_year(warehouse: Warehouse) -> None:
    load(warehouse, JANUARY, [1])
    found = rows(warehouse, "select min(holiday_date), year(max(holiday_date)) from raw_data.federal_holidays")
    assert found == [(date(2009, 1, 1), date.today().year + 1)]
    independence = "select holiday_name from raw_data.federal_holidays where holiday_date = '2024-07-04'"
    assert rows(warehouse, independence) == [("Independence Day",)]
