"""Raw tables: views of the Parquet files of the loaded months."""

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import pytest

from pipeline.database import Warehouse, literal
from pipeline.errors import BadFile
from pipeline.results import Converted, Landed
from pipeline.sources import sources
from pipeline.warehouse import raw, raw_views

JANUARY, FEBRUARY, MARCH, MAY = (date(2024, month, 1) for month in (1, 2, 3, 5))
GREEN = sources()["green_taxi"]
LANDED = Landed("a.parquet", "https://host/a", "", "", 10, "a", "2024-03-01T00:00:00+00:00")
FOUND = "select source_month, source_row, trip_distance from raw_data.green_taxi order by all"


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    return warehouse_in(tmp_path / "it's [here]*", monkeypatch)


def warehouse_in(data: Path, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    monkeypatch.setenv("MOBILITY_DATA", str(data))
    return Warehouse(data / "warehouse/some.duckdb", data / "dbt", {"threads": "2"})


def load(
    warehouse: Warehouse, month: date, distance: float, spelling: Callable[[str], str] = str, **types: str
) -> None:
    """Loads one green taxi trip, from a file with these types; a column whose type is empty is left out."""
    parquet = raw_views.parquet_of(GREEN, month)
    parquet.parent.mkdir(parents=True, exist_ok=True)
    declared = {column.name: types.get(column.name, column.type) for column in GREEN.columns}
    values = {name: str(distance) if name == "trip_distance" else "null" for name in declared}
    query = ", ".join(f"{values[name]}::{type_} as {spelling(name)}" for name, type_ in declared.items() if type_)
    with duckdb.connect() as con:
        con.execute("copy (select {}) to '{}'".format(query, str(parquet).replace("'", "''")))
    raw.load(warehouse, GREEN, month, LANDED, Converted(1, 0))


def rows(warehouse: Warehouse, sql: str = FOUND) -> list[tuple[object, ...]]:
    with warehouse.connect(read_only=True) as con:
        return con.execute(sql).fetchall()


def test_every_declared_source_has_its_columns_and_types_before_it_is_loaded(warehouse: Warehouse) -> None:
    load(warehouse, JANUARY, 1)
    raw.begin(warehouse, {JANUARY: [GREEN.name]})
    for source in sources().values():
        described = rows(warehouse, f"select column_name, lower(column_type) from (describe raw_data.{source.name})")
        declared = [(column.name, column.type) for column in source.columns]
        assert described == [*declared, ("source_month", "date"), ("source_row", "bigint")]
    assert rows(warehouse, "from raw_data.yellow_taxi") == []


def test_a_column_that_was_declared_later_is_null_in_the_files_that_lack_it(warehouse: Warehouse) -> None:
    load(warehouse, JANUARY, 1, trip_distance="")
    load(warehouse, FEBRUARY, 7)
    assert rows(warehouse) == [(JANUARY, 0, None), (FEBRUARY, 0, 7.0)]


def test_files_of_another_type_keep_their_values(warehouse: Warehouse) -> None:
    load(warehouse, JANUARY, 1, trip_distance="integer")
    load(warehouse, FEBRUARY, 7.25)
    assert rows(warehouse) == [(JANUARY, 0, 1.0), (FEBRUARY, 0, 7.25)]


def test_names_of_columns_may_be_in_other_cases(warehouse: Warehouse) -> None:
    load(warehouse, JANUARY, 0)
    load(warehouse, FEBRUARY, 1, str.upper)
    load(warehouse, MARCH, 2, str.lower)
    assert [distance for *_, distance in rows(warehouse)] == [0.0, 1.0, 2.0]


def test_a_query_of_a_month_reads_no_other_file(warehouse: Warehouse) -> None:
    for month in (JANUARY, FEBRUARY):
        load(warehouse, month, 1)
    raw_views.parquet_of(GREEN, FEBRUARY).write_bytes(b"no Parquet")
    assert rows(warehouse, "select sum(trip_distance) from raw_data.green_taxi where source_month = '2024-01-01'") == [
        (1.0,)
    ]


def test_a_build_sees_its_months_and_their_neighbours_each_by_itself(warehouse: Warehouse) -> None:
    for month in (JANUARY, FEBRUARY, MARCH, MAY):
        load(warehouse, month, 1)
    raw.show_around(warehouse, [FEBRUARY])
    assert [month for month, *_ in rows(warehouse)] == [JANUARY, FEBRUARY, MARCH]
    of_two = "explain from raw_data.green_taxi where source_month in ('2024-01-01', '2024-02-01')"
    assert str(rows(warehouse, of_two)).count("READ_PARQUET") == 2
    raw.show_all(warehouse)
    assert [month for month, *_ in rows(warehouse)] == [JANUARY, FEBRUARY, MARCH, MAY]


def test_a_lost_file_is_named_where_its_month_or_a_neighbour_is_built(warehouse: Warehouse) -> None:
    for month in (JANUARY, FEBRUARY, MARCH):
        load(warehouse, month, 1)
    raw_views.parquet_of(GREEN, JANUARY).unlink()
    for month in (JANUARY, FEBRUARY):
        with pytest.raises(BadFile, match=r"2024-01 green_taxi: .*2024-01\.parquet does not exist, expected"):
            raw.require_files(warehouse, [month])
    raw.require_files(warehouse, [MARCH])
    load(warehouse, FEBRUARY, 5)  # a lost file keeps no other one from being loaded
    load(warehouse, JANUARY, 4)
    assert [distance for *_, distance in rows(warehouse)] == [4.0, 5.0, 1.0]


def test_a_damaged_file_is_named_where_its_month_or_a_neighbour_is_built(warehouse: Warehouse) -> None:
    for month in (JANUARY, FEBRUARY):
        load(warehouse, month, 1)
    file = raw_views.parquet_of(GREEN, JANUARY)
    whole = file.read_bytes()
    file.write_bytes(whole[:-10])
    with pytest.raises(BadFile, match=r"2024-01 green_taxi: .*2024-01\.parquet is damaged, expected a Parquet file"):
        raw.require_files(warehouse, [FEBRUARY])
    duckdb.execute(f"copy (select 1 as trip_distance from range(3)) to {literal(file)}")
    with pytest.raises(BadFile, match=r"2024-01\.parquet has 3 rows, expected the 1 that were loaded; .*--repair"):
        raw.require_files(warehouse, [FEBRUARY])
    file.write_bytes(whole)
    raw.require_files(warehouse, [FEBRUARY])


def test_where_all_files_are_lost_others_can_be_loaded(warehouse: Warehouse) -> None:
    for month in (JANUARY, FEBRUARY):
        load(warehouse, month, 1)
    shutil.rmtree(raw_views.parquet_of(GREEN, JANUARY).parent)
    load(warehouse, FEBRUARY, 2)
    assert rows(warehouse) == [(FEBRUARY, 0, 2.0)]
    load(warehouse, JANUARY, 3)
    assert [distance for *_, distance in rows(warehouse)] == [3.0, 2.0]


@pytest.mark.parametrize("name", ["moved", "it's"], ids=["another name", "the beginning of its name"])
def test_raw_tables_follow_a_data_folder_that_was_moved(
    name: str, warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(warehouse, JANUARY, 1)
    data = warehouse.path.parent.parent
    moved = warehouse_in(data.rename(tmp_path / name), monkeypatch)
    with pytest.raises(duckdb.IOException):
        rows(moved)
    raw.follow_folder(moved)
    assert rows(moved) == [(JANUARY, 0, 1.0)]


def test_the_tables_of_an_earlier_version_are_replaced_once_all_files_exist(warehouse: Warehouse) -> None:
    load(warehouse, JANUARY, 1)
    load(warehouse, FEBRUARY, 2)
    raw.begin(warehouse, {})
    with warehouse.connect() as con:
        con.execute("create table raw_data.stored as from raw_data.green_taxi; drop view raw_data.green_taxi")
        con.execute("alter table raw_data.stored rename to green_taxi; update raw_data.loads set columns = null")
        con.execute("drop view raw_data.weather_so_far; create table raw_data.weather_so_far (time varchar)")
    january = raw_views.parquet_of(GREEN, JANUARY)
    lost = january.rename(january.with_suffix(".lost"))
    load(warehouse, MARCH, 3)
    raw.begin(warehouse, {})
    is_table = "select count(*) from duckdb_tables() where table_name in ('green_taxi', 'weather_so_far')"
    assert rows(warehouse, is_table) == [(1,)]
    lost.rename(january)
    load(warehouse, MARCH, 3)
    assert rows(warehouse, is_table) == [(0,)]
    assert rows(warehouse) == [(JANUARY, 0, 1.0), (FEBRUARY, 0, 2.0), (MARCH, 0, 3.0)]
