"""The cubes of a month: keys with their attributes, and parts of measures that can be combined."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipeline.explore.cubes import CUBES, TABLES, cubes_of_month, dimensions_of, encoded, parts_of, plain, schema
from pipeline.explore.semantics import Measure
from tests.unit.explore.small_layer import create_tables, semantics_of

MARCH = date(2024, 3, 1)


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        create_tables(con)
        yield con


@pytest.fixture
def found(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> dict[str, Any]:
    return cubes_of_month(con, semantics_of(tmp_path), MARCH)


def test_a_table_has_the_attributes_of_its_keys(found: dict[str, Any]) -> None:
    hours = found["tables"]["hour"]
    assert hours["size"] == 2
    assert hours["dimensions"]["metric_time__hour"]["values"] == ["2024-03-01T08:00:00", "2024-03-01T09:00:00"]
    assert hours["dimensions"]["metric_time__week"] == {"values": ["2024-02-26"], "at": [0, 0]}
    assert hours["dimensions"]["weather__sky"] == {"values": ["sun", None], "at": [0, 1]}
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


def test_the_order_of_the_marts_does_not_matter(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    before = cubes_of_month(con, semantics_of(tmp_path), MARCH)
    con.execute("create table other as from trips_with_hour_attributes order by trip_id desc")
    con.execute("drop table trips_with_hour_attributes")
    con.execute("alter table other rename to trips_with_hour_attributes")
    assert cubes_of_month(con, semantics_of(tmp_path), MARCH) == before


def test_a_month_without_trips_has_empty_cubes(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    con.execute("delete from trips_with_hour_attributes")
    found = cubes_of_month(con, semantics_of(tmp_path), MARCH)
    assert found["tables"]["trip_type"] == {"size": 0, "dimensions": {"trip__trip_type": {"values": [], "at": []}}}
    assert found["cubes"]["hours"]["at"] == [[], []] and found["cubes"]["hours"]["measures"]["miles"] == [[]]


def test_a_cube_that_is_not_fine_enough_to_count_distinct_values_is_refused() -> None:
    days = Measure("days", "trips", "count_distinct", "date_key")
    assert parts_of(days, [[1, None], [1, None]]) == [[1, None]]
    with pytest.raises(ValueError, match="days has several distinct values"):
        parts_of(days, [[1, 2], [1, 3]])


def test_no_cube_has_a_dimension_in_two_of_its_tables(tmp_path: Path) -> None:
    semantics = semantics_of(tmp_path)
    for cube in CUBES.values():
        found = [name for table in cube.tables for name in dimensions_of(semantics, TABLES[table])]
        assert len(found) == len({*found})


def test_the_schema_names_what_the_cubes_have(found: dict[str, Any], tmp_path: Path) -> None:
    declared = schema(semantics_of(tmp_path))
    for name, table in declared["tables"].items():
        assert table == [*found["tables"][name]["dimensions"]]
    for name, cube in declared["cubes"].items():
        assert cube["measures"] == [*found["cubes"][name]["measures"]]


def test_equal_values_of_other_types_are_other_values() -> None:
    assert encoded([1, True, None, 1]) == {"values": [1, True, None], "at": [0, 1, 2, 0]}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.1 + 0.2, 0.3),
        (1234567890.12345, 1234567890.12),
        (Decimal("12.50"), 12.5),
        (3.0, 3),
        (date(2024, 3, 1), "2024-03-01"),
        (datetime(2024, 3, 10, 2), "2024-03-10T02:00:00"),
        (None, None),
        (True, True),
    ],
)
def test_a_value_is_written_as_short_as_json_has_it(value: Any, expected: Any) -> None:
    assert plain(value) == expected and type(plain(value)) is type(expected)
