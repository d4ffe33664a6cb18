"""The layout of a month's data: tables and cubes that fit together."""

from pathlib import Path

import duckdb

from pipeline.explore.cubes import Marts, cubes_of_month
from pipeline.explore.layout import LAYOUT, Table, attributes_of, dimensions_of, schema
from tests.unit.explore.small_layer import SMALL, create_tables, semantics_of
from tests.unit.explore.test_cubes import MARCH


def test_tables_cubes_and_bases_have_different_names_and_every_table_is_used() -> None:
    assert not LAYOUT.tables.keys() & LAYOUT.cubes.keys()
    assert not LAYOUT.bases.keys() & (LAYOUT.tables.keys() | LAYOUT.cubes.keys())
    assert {table for cube in LAYOUT.cubes.values() for table in cube.tables} == LAYOUT.tables.keys()


def test_every_cube_has_one_table_with_the_month() -> None:
    for cube in LAYOUT.cubes.values():
        assert len([table for table in cube.tables if LAYOUT.tables[table].grain]) == 1


def test_no_cube_has_a_dimension_in_two_of_its_tables(tmp_path: Path) -> None:
    semantics = semantics_of(tmp_path)
    for cube in SMALL.cubes.values():
        found = [name for table in cube.tables for name in dimensions_of(semantics, SMALL.tables[table])]
        assert len(found) == len({*found})


def test_a_table_has_its_grain_and_coarser_ones() -> None:
    assert Table("month").grains == ("month", "quarter", "year")
    assert Table().grains == ()


def test_attributes_have_their_full_names(tmp_path: Path) -> None:
    assert attributes_of(semantics_of(tmp_path), "weather") == {"weather__sky": "sky"}


def test_the_schema_names_what_the_cubes_have(tmp_path: Path) -> None:
    semantics = semantics_of(tmp_path)
    declared = schema(semantics, SMALL)
    with duckdb.connect() as con:
        create_tables(con)
        found = cubes_of_month(Marts(con, semantics, MARCH, SMALL))
    for name, table in declared["tables"].items():
        assert table == [*found["tables"][name]["dimensions"]]
    for name, cube in declared["cubes"].items():
        assert cube["measures"] == [*found["cubes"][name]["measures"]]
