"""The lake: records in Parquet files, and connections that read them beside what Spark has built."""

from datetime import date
from pathlib import Path

import duckdb
import pytest

from pipeline.errors import BadInput
from pipeline.results import Converted, Landed
from pipeline.sources import sources
from pipeline.warehouse import lake as lakes
from pipeline.warehouse.lake import Lake

JANUARY, FEBRUARY = date(2024, 1, 1), date(2024, 2, 1)
GREEN, WEATHER = sources()["green_taxi"], sources()["weather"]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake", tmp_path / "parquet", tmp_path / "dbt")


def load(lake: Lake, month: date, rows: int = 2, sha256: str = "a", source: str = "green_taxi") -> int:
    parquet = lake.parquet / source / f"{month:%Y-%m}.parquet"
    parquet.parent.mkdir(parents=True, exist_ok=True)
    duckdb.execute(f"copy (from range({rows})) to '{parquet}'")
    landed = Landed("a.parquet", "https://host/a", "", "", 10, sha256, "2024-03-01T00:00:00+00:00")
    return lakes.load(lake, sources()[source], month, parquet, landed, Converted(rows + 1, 1, ("a.csv",)))


def rows(lake: Lake, sql: str) -> list[tuple[object, ...]]:
    with lake.connect() as con:
        return con.execute(sql).fetchall()


def test_a_load_is_recorded_in_the_place_of_the_months_earlier_one(lake: Lake) -> None:
    assert load(lake, JANUARY) == 2
    assert load(lake, FEBRUARY, rows=5) == 5
    assert load(lake, JANUARY, rows=3, sha256="b") == 3
    found = "select source_month, rows_published, rows_raw, sha256, members from raw_data.loads order by 1"
    assert rows(lake, found) == [(JANUARY, 4, 3, "b", ["a.csv"]), (FEBRUARY, 6, 5, "a", ["a.csv"])]
    assert rows(lake, "select source_month, sha256 from raw_data.replaced") == [(JANUARY, "a")]


def test_a_file_of_another_number_of_rows_than_converted_is_not_recorded(lake: Lake) -> None:
    load(lake, JANUARY)
    landed = Landed("a.parquet", "", "", "", 10, "b", "2024-03-01T00:00:00+00:00")
    with pytest.raises(AssertionError, match="it has 2 rows, 5 were converted"):
        lakes.load(lake, GREEN, JANUARY, lake.parquet / "green_taxi/2024-01.parquet", landed, Converted(5, 0))
    assert rows(lake, "select sha256 from raw_data.loads") == [("a",)]


def test_the_marts_are_built_from_the_named_sources_of_what_is_loaded(lake: Lake) -> None:
    load(lake, JANUARY)
    load(lake, JANUARY, source="weather")
    load(lake, FEBRUARY)
    lakes.begin(lake, {JANUARY: ["green_taxi", "weather"], FEBRUARY: ["green_taxi"]})
    lakes.begin(lake, {JANUARY: ["green_taxi", "citibike"]})
    found = "select source, source_month from raw_data.built order by all"
    assert rows(lake, found) == [("green_taxi", JANUARY), ("green_taxi", FEBRUARY)]
    assert lakes.months_built(lake) == [JANUARY, FEBRUARY]


def test_readers_see_the_partitions_of_a_table_and_a_table_without_rows(lake: Lake) -> None:
    table = lake.folder / "marts/audit.db/rejections_by_reason/source_month=2024-01-01"
    table.mkdir(parents=True)
    duckdb.execute(f"copy (select 'a' as source) to '{table}/part-0.parquet'")
    (lake.folder / "marts/staging.db/int_trips__repeated").mkdir(parents=True)
    (lake.folder / "marts/core.db/fct_trips").mkdir(parents=True)
    assert rows(lake, "from audit.rejections_by_reason") == [("a", JANUARY)]
    assert rows(lake, "describe staging.int_trips__repeated")[0][:2] == ("source", "VARCHAR")
    assert rows(lake, "select trip_type, trip_id from core.fct_trips") == []


def test_every_source_and_record_is_declared_to_spark_loaded_or_not(lake: Lake) -> None:
    load(lake, JANUARY)
    statements = [*lakes.declarations(lake)]
    views = {text.split()[4]: text for text in statements if text.startswith("create or replace view")}
    assert views.keys() == {f"raw_data.{name}" for name in sources()}
    assert "in ('2024-01.parquet')" in views["raw_data.green_taxi"]
    assert views["raw_data.citibike"].endswith("where false")
    for schema, table in lakes.RECORDS:
        assert lake.record_file(schema, table).exists()
        assert any(text.startswith(f"create table {schema}.{table} ") for text in statements)


def test_dbt_is_not_started_where_spark_cannot_run(lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(BadInput, match=r"^engine spark: "):
        lakes.build(lake, [JANUARY])
    assert not lake.dbt_folder.exists()
