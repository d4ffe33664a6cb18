"""The dbt models on Apache Spark: the tables of DuckDB, row by row and type by type, and dbt's own tests.

Two sessions of Spark: one builds two months and runs dbt's unit tests, one builds the second month again beside the
first. Nothing is compared with a tolerance: sums are of decimals and whole numbers, exact in any order.
"""

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

import pytest

from pipeline.database import Warehouse
from pipeline.sample.generate import ANOMALIES, generate
from pipeline.sample.server import serve
from pipeline.sources import sources
from pipeline.warehouse import lake as lakes
from pipeline.warehouse import raw, transform
from pipeline.warehouse.dbt import Ended
from pipeline.warehouse.lake import Lake
from tests.conftest import Workspace

if TYPE_CHECKING:
    import duckdb

pytestmark = pytest.mark.spark

JANUARY, FEBRUARY = date(2024, 1, 1), date(2024, 2, 1)
BIKES = {"citibike", "citibike_jc"}
UNIT_TESTS = ("test", "--select", "test_type:unit", "--no-write-json")
ON_REQUEST = ("test", "--select", "tag:on_request", "--no-write-json")


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """Two months of all sources, loaded and built by DuckDB. The second month has anomalies."""
    root = tmp_path_factory.mktemp("spark")
    names = [*sources()]
    generate(
        root / "upstream",
        (JANUARY, FEBRUARY),
        sources=names,
        scale=0.1,
        anomalous_months=[FEBRUARY],
        # So few rides may have no line that cannot be read.
        anomalies={**ANOMALIES, **{name: {**ANOMALIES[name], "unreadable": 0} for name in BIKES}},
    )
    with serve(root / "upstream") as upstream:
        ended = Workspace(root / "data", upstream).transform("2024-01,2024-02", MOBILITY_SOURCES=",".join(names))
        assert ended.returncode == 0, ended.stderr
    settings = {"threads": "2", "memory_limit": "1GB", "temp_directory": str(root / "spill")}
    yield Warehouse(root / "data/warehouse/nyc_mobility.duckdb", root / "data/dbt", settings)


@pytest.fixture(scope="module")
def lake(warehouse: Warehouse) -> Lake:
    """A lake with the files that the warehouse has loaded."""
    folder = warehouse.path.with_name("spark")
    lake = Lake(folder, folder.parent.parent / "parquet", folder / "dbt", memory="2g")
    copy_records(warehouse, lake)
    return lake


def copy_records(warehouse: Warehouse, lake: Lake) -> None:
    """Gives the lake the warehouse's records of what is loaded and built."""
    with lake.records() as con:
        con.execute(f"attach '{warehouse.path}' as warehouse (read_only)")
        for table in ("loads", "replaced", "built"):
            con.execute(f"delete from raw_data.{table}")
            con.execute(f"insert into raw_data.{table} by name from warehouse.raw_data.{table}")


@pytest.fixture(scope="module")
def both_months(lake: Lake) -> Ended:
    """The result of dbt's unit tests, after both months were built."""
    return lakes.run(lake, [[*transform.BUILD, "--full-refresh"], ON_REQUEST, UNIT_TESTS], [JANUARY, FEBRUARY])


@pytest.fixture(scope="module")
def differences(warehouse: Warehouse, lake: Lake, both_months: Ended) -> dict[str, str]:
    assert both_months.results, both_months.output
    return differing_tables(warehouse, lake)


@pytest.fixture(scope="module")
def differences_without_bikes(warehouse: Warehouse, lake: Lake, differences: dict[str, str]) -> dict[str, str]:
    """Those after February was built again without bikes, so that its stations and repeated rides are gone."""
    names = [name for name in sources() if name not in BIKES]
    raw.begin(warehouse, {FEBRUARY: names})
    transform.build(warehouse, [FEBRUARY])
    copy_records(warehouse, lake)
    lakes.build(lake, [FEBRUARY])
    return differing_tables(warehouse, lake)


def differing_tables(warehouse: Warehouse, lake: Lake) -> dict[str, str]:
    """What differs, by table: its columns and types, or how many rows only one of the two has."""
    with lake.connect() as con:
        con.execute(f"attach '{warehouse.path}' as warehouse (read_only)")
        tables = con.execute(
            "select schema_name || '.' || table_name from duckdb_tables() "
            "where database_name = 'warehouse' and schema_name in $1 order by 1",
            [list(lakes.SCHEMAS)],
        ).fetchall()
        assert len(tables) > 15
        found = {table: difference(con, table) for (table,) in tables}
    return {table: text for table, text in found.items() if text}


def difference(con: "duckdb.DuckDBPyConnection", table: str) -> str:
    ours, theirs = (columns_of(con, f"{database}.{table}") for database in ("warehouse", "memory"))
    if ours.keys() != theirs.keys() or any(theirs[name] not in {type_, "VARCHAR"} for name, type_ in ours.items()):
        return f"{ours} {theirs}"
    # Spark has text where DuckDB has enums.
    columns = ", ".join(f'"{name}"::{type_} as "{name}"' for name, type_ in theirs.items())
    queries = [f"select {columns} from {database}.{table}" for database in ("warehouse", "memory")]
    only = [
        con.execute(f"select count(*) from ({one} except all {other})").fetchall()[0][0]
        for one, other in (queries, queries[::-1])
    ]
    return "" if only == [0, 0] else f"only in DuckDB: {only[0]} rows, only in Spark: {only[1]} rows"


def columns_of(con: "duckdb.DuckDBPyConnection", table: str) -> dict[str, str]:
    return {name: type_ for name, type_, *_ in con.execute(f"describe {table}").fetchall()}


def test_every_unit_test_passes_on_spark(both_months: Ended) -> None:
    assert both_months.returncode == 0, both_months.output
    assert {result["unique_id"].split(".")[0] for result in both_months.results} == {"unit_test"}
    assert {result["status"] for result in both_months.results} == {"pass"}


def test_spark_builds_the_tables_of_duckdb(differences: dict[str, str]) -> None:
    assert differences == {}


def test_a_month_that_is_built_again_replaces_its_rows_and_those_of_its_hours_alone(
    warehouse: Warehouse, differences_without_bikes: dict[str, str]
) -> None:
    with warehouse.connect(read_only=True) as con:
        months = con.execute("select distinct source_month from staging.int_stations__monthly").fetchall()
    assert months == [(JANUARY,)], "the month comes back empty"
    assert differences_without_bikes == {}
