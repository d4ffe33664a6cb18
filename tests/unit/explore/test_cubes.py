"""The cubes of a month: keys with their attributes, and parts of measures that can be combined."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipeline.explore.cubes import FEW_ROWS, Marts, create_rows, cubes_of_month, encoded, parts_of, plain
from pipeline.semantics import Measure
from tests.unit.explore.small_layer import SMALL, create_tables, semantics_of

MARCH = date(2024, 3, 1)


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        create_tables(con)
        yield con


@pytest.fixture
def marts(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> Marts:
    return Marts(con, semantics_of(tmp_path), MARCH, SMALL)


@pytest.fixture
def found(marts: Marts) -> dict[str, Any]:
    return cubes_of_month(marts)


def test_a_table_has_the_attributes_of_its_keys(found: dict[str, Any]) -> None:
    hours = found["tables"]["hour"]
    assert hours["size"] == 2
    assert hours["dimensions"]["metric_time__hour"]["values"] == ["2024-03-01T08:00:00", "2024-03-01T09:00:00"]
    assert hours["dimensions"]["metric_time__week"] == {"values": ["2024-02-26"], "at": [0, 0]}
    assert hours["dimensions"]["weather__sky"] == {"values": ["sun", None]}
    assert found["tables"]["trip_type"]["dimensions"]["trip__trip_type"]["values"] == ["bike", "taxi"]


def test_a_cube_has_a_row_for_each_combination_of_keys_and_the_parts_of_measures(found: dict[str, Any]) -> None:
    hours = found["cubes"]["hours"]
    assert hours["at"] == [[0, 1], [1, 0]]
    assert hours["measures"] == {
        "total_trips": [[1, 1]],
        "miles": [[0.25, 1.25]],
        "mean_miles": [[0.25, 1.25], [1, 1]],
        "days": [[20240301, 20240301]],
    }
    assert found["cubes"]["loaded_hours"]["measures"]["hours"] == [["2024-03-01T09:00:00", "2024-03-01T08:00:00"]]


def test_keys_may_be_attributes_of_other_tables_and_a_median_is_not_divided(found: dict[str, Any]) -> None:
    assert found["tables"]["sky"]["dimensions"]["weather__sky"] == {"values": ["sun", None]}
    medians = found["cubes"]["medians"]
    assert medians == {"at": [[0, 1], [0, 0]], "measures": {"total_trips": [[1, 1]], "median_miles": [[1.25, 0.25]]}}


def test_the_month_is_a_key(found: dict[str, Any]) -> None:
    assert found["tables"]["month"]["dimensions"]["metric_time__month"]["values"] == ["2024-03-01"]
    assert found["cubes"]["medians_of_month"] == {"at": [[0]], "measures": {"median_miles": [[0.75]]}}


@pytest.mark.parametrize("name", [name for name, cube in SMALL.cubes.items() if cube.base])
def test_a_cube_of_a_base_equals_that_of_the_rows(marts: Marts, found: dict[str, Any], name: str) -> None:
    cubes = {**SMALL.cubes, name: replace(SMALL.cubes[name], base="")}
    of_rows = replace(marts, layout=replace(SMALL, cubes=cubes))
    assert cubes_of_month(of_rows)["cubes"][name] == found["cubes"][name]


def test_the_order_of_the_marts_does_not_matter(marts: Marts) -> None:
    before = cubes_of_month(marts)
    marts.con.execute("create table other as from trips_with_hour_attributes order by trip_id desc")
    marts.con.execute("drop table trips_with_hour_attributes")
    marts.con.execute("alter table other rename to trips_with_hour_attributes")
    assert cubes_of_month(marts) == before


def test_a_month_without_trips_has_empty_cubes(marts: Marts) -> None:
    marts.con.execute("delete from trips_with_hour_attributes")
    found = cubes_of_month(marts)
    assert found["tables"]["trip_type"] == {"size": 0, "dimensions": {"trip__trip_type": {"values": []}}}
    assert found["cubes"]["hours"]["at"] == [[], []] and found["cubes"]["hours"]["measures"]["miles"] == [[]]
    assert found["cubes"]["medians_of_month"] == {"at": [[]], "measures": {"median_miles": [[]]}}


def test_many_rows_are_not_copied(marts: Marts) -> None:
    marts.con.execute(f"""
        create or replace table trips_with_hour_attributes as
        select 'taxi' as trip_type from range({FEW_ROWS + 1})
    """)
    create_rows(marts)
    assert marts.con.execute("select count(*) from rows_trips").fetchall() == [(FEW_ROWS + 1,)]


def test_a_cube_that_is_not_fine_enough_to_count_distinct_values_is_refused() -> None:
    days = Measure("days", "trips", "count_distinct", "date_key")
    assert parts_of(days, [[1, None], [1, None]]) == [[1, None]]
    with pytest.raises(ValueError, match="days has several distinct values"):
        parts_of(days, [[1, 2], [1, 3]])


def test_values_that_occur_again_are_written_once() -> None:
    assert encoded([1, 2, None, 1]) == {"values": [1, 2, None], "at": [0, 1, 2, 0]}


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ([None, 0.1 + 0.2, 1234567890.12345, 3.0], [None, 0.3, 1234567890.12, 3]),
        ([Decimal("12.50"), Decimal(2)], [12.5, 2]),
        ([date(2024, 3, 1)], ["2024-03-01"]),
        ([datetime(2024, 3, 10, 2), None], ["2024-03-10T02:00:00", None]),
        ([True, None], [True, None]),
        ([], []),
    ],
)
def test_values_are_written_as_short_as_json_has_them(column: list[Any], expected: list[Any]) -> None:
    assert plain(column) == expected
    assert [*map(type, plain(column))] == [*map(type, expected)]
