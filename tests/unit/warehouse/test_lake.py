"""The lake: what Spark is told of the raw layer, and what the warehouse file shows of the tables that Spark built."""

import json
from datetime import date
from pathlib import Path

import duckdb
import pytest

from pipeline.database import Warehouse
from pipeline.errors import BadInput
from pipeline.results import Converted, Landed
from pipeline.sources import sources
from pipeline.warehouse import contents, lake, raw, raw_views
from pipeline.warehouse.dbt import Ended, project_digest

JANUARY = date(2024, 1, 1)
GREEN = sources()["green_taxi"]
LANDED = Landed("a.parquet", "https://host/a", "", "", 10, "a", "2024-03-01T00:00:00+00:00")


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    """A warehouse with one loaded file of green taxis, and a parsed dbt project of two models."""
    monkeypatch.setenv("MOBILITY_DATA", str(tmp_path))
    parquet = raw_views.parquet_of(GREEN, JANUARY)
    parquet.parent.mkdir(parents=True)
    columns = ", ".join(f"null::{column.type} as {column.name}" for column in GREEN.columns)
    duckdb.execute(f"copy (select {columns}) to '{parquet}'")
    warehouse = Warehouse(tmp_path / "warehouse/some.duckdb", tmp_path / "dbt", {"threads": "1"}, engine="spark")
    raw.load(warehouse, GREEN, JANUARY, LANDED, Converted(1, 0))
    models = {
        "rejected_trips": {"source": "enum('a', 'b')", "reason": "varchar", "source_month": "date"},
        "dim_time": {"time_key": "smallint"},
    }
    target = tmp_path / "dbt/target"
    target.mkdir(parents=True)
    nodes = {
        name: {
            "resource_type": "model",
            "name": name,
            "columns": {column: {"data_type": type_} for column, type_ in types.items()},
        }
        for name, types in models.items()
    }
    (target / "manifest.json").write_text(json.dumps({"nodes": nodes}))
    (target / "semantic_manifest.json").write_text("{}")
    (target / "parsed.digest").write_text(project_digest())
    return warehouse


def rows(warehouse: Warehouse, sql: str) -> list[tuple[object, ...]]:
    with warehouse.connect(read_only=True) as con:
        return con.execute(sql).fetchall()


def marts(warehouse: Warehouse, folder: str) -> Path:
    path = lake.lake_of(warehouse).folder / "marts" / folder
    path.mkdir(parents=True)
    return path


def test_the_file_shows_the_tables_of_the_lake_with_declared_types_in_the_place_of_its_own(
    warehouse: Warehouse,
) -> None:
    partition = marts(warehouse, "audit.db/rejected_trips/source_month=2024-01-01")
    duckdb.execute(f"copy (select 'late' as reason, 'b' as source) to '{partition}/part-0.parquet'")
    marts(warehouse, "core.db/dim_time")
    with warehouse.connect() as con:
        con.execute("create schema core; create table core.dim_time as select 7 as time_key")
    lake.show(warehouse, lake.lake_of(warehouse))
    assert rows(warehouse, "from audit.rejected_trips") == [("b", "late", JANUARY)]
    [(type_,)] = rows(warehouse, "select typeof(source) from audit.rejected_trips")
    assert str(type_).startswith("ENUM(")
    assert rows(warehouse, "from core.dim_time") == [], "Spark writes no file where there are no rows"
    found = contents.contents_of_months(warehouse, [JANUARY], with_digests=False)[JANUARY]
    assert {name: content.rows for name, content in found.items()} == {"audit.rejected_trips": 1}
    assert contents.contents_of_dimensions(warehouse, with_digests=False)["core.dim_time"].rows == 0


def test_every_source_and_record_is_declared_to_spark_loaded_or_not(warehouse: Warehouse) -> None:
    own = lake.lake_of(warehouse)
    statements = [*lake.declarations(warehouse, own)]
    views = {text.split()[4]: text for text in statements if text.startswith("create or replace view")}
    assert views.keys() == {f"raw_data.{name}" for name in sources()}
    assert "in ('2024-01.parquet')" in views["raw_data.green_taxi"]
    assert views["raw_data.citibike"].endswith("where false")
    for schema, table in lake.RECORDS:
        assert (own.folder / f"records/{schema}/{table}/{table}.parquet").exists()
        assert any(text.startswith(f"create table {schema}.{table} ") for text in statements)


def test_only_the_folders_that_spark_names_are_deleted_as_remains_of_a_killed_run(warehouse: Warehouse) -> None:
    own = lake.lake_of(warehouse)
    kept, left, outside = (own.folder / name for name in ("marts/core.db/a", "marts/core.db/b", "records"))
    for folder in (kept, left, outside):
        folder.mkdir(parents=True)
    message = "[LOCATION_ALREADY_EXISTS] Cannot name `core`.`b`, as its associated location 'file:{}' already exists."
    results = [{"message": message.format(folder)} for folder in (left, outside)]
    assert lake.delete_remains(own, Ended(1, "", [*results, {"message": None}]))
    assert (kept.exists(), left.exists(), outside.exists()) == (True, False, True)
    assert not lake.delete_remains(own, Ended(1, "", results))


def test_dbt_is_not_started_where_spark_cannot_run(
    warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(BadInput, match=r"^engine spark: "):
        lake.run(warehouse, [["build"]], [JANUARY])
    assert not lake.lake_of(warehouse).dbt_folder.exists()


def test_spark_divides_the_rows_of_large_months_into_more_partitions(warehouse: Warehouse) -> None:
    assert lake.partitions_of(warehouse, []) == 4
    january, february, march = (date(2024, month, 1) for month in (1, 2, 3))
    loaded = [("a", january, 5_600_000), ("b", january, 1), ("a", february, 100), ("a", march, 4_000_000)]
    insert = "insert into raw_data.loads by name select $1 as source, $2 as source_month, $3 as rows_raw, "
    with warehouse.connect() as con:
        con.executemany(insert + "$3 as rows_published, 0 as rows_unreadable", loaded)
    assert [lake.partitions_of(warehouse, [month]) for month in (january, february, march)] == [16, 4, 8]
    assert lake.partitions_of(warehouse, [january, march]) == lake.partitions_of(warehouse, []) == 32
