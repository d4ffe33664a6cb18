"""Published Parquet can be read with other tools, also while a run writes."""

import threading
from collections.abc import Callable
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pyarrow.parquet as pq
import pytest

from tests.conftest import MONTHS, Workspace

FACTS = ("fct_trips", "fct_hourly_mobility")


def trips_by_month(workspace: Workspace) -> dict[str, int]:
    query = "select strftime(source_month, '%Y-%m'), count(*) from core.fct_trips group by all"
    return dict(workspace.query(query))


def read_with_duckdb(published: Path) -> dict[str, int]:
    files = f"read_parquet('{published}/fct_trips/*/*.parquet', hive_partitioning = true)"
    return dict(duckdb.execute(f"select month, count(*) from {files} group by all").fetchall())


def read_with_pandas(published: Path) -> dict[str, int]:
    trips = pd.read_parquet(published / "fct_trips", columns=["trip_id", "month"])
    counts: dict[str, int] = trips.groupby(trips["month"].astype(str)).size().to_dict()
    return counts


def read_with_polars(published: Path) -> dict[str, int]:
    trips = pl.scan_parquet(published / "fct_trips/*/*.parquet", hive_partitioning=True, try_parse_hive_dates=False)
    return dict(trips.group_by("month").len().collect().iter_rows())


@pytest.mark.parametrize("read", [read_with_duckdb, read_with_pandas, read_with_polars])
def test_other_tools_read_months_as_partitions(finished: Workspace, read: Callable[[Path], dict[str, int]]) -> None:
    assert read(finished.data / "published") == trips_by_month(finished)


def test_facts_join_to_their_dimensions_in_polars(finished: Workspace) -> None:
    published = finished.data / "published"
    trips, zones = pl.read_parquet(published / "fct_trips/*/*.parquet"), pl.read_parquet(published / "dim_location")
    joined = trips.join(zones, left_on="pickup_location_key", right_on="location_key")
    assert joined.height == trips.height
    assert joined["revenue"].sum() == finished.query("select sum(revenue) from core.fct_trips")[0][0]


@pytest.mark.parametrize("table", FACTS)
def test_every_month_has_the_same_schema(finished: Workspace, table: str) -> None:
    files = [finished.data / f"published/{table}/month={month:%Y-%m}/{table}.parquet" for month in MONTHS]
    schemas = {str(pq.read_schema(file).remove_metadata()) for file in files}
    assert len(schemas) == 1


def test_a_folder_has_the_parquet_files_of_one_table_alone(finished: Workspace) -> None:
    for folder in (
        path for path in (finished.data / "published").iterdir() if path.is_dir() and path.name != "metrics"
    ):
        assert {path.name for path in folder.rglob("*") if path.is_file()} == {f"{folder.name}.parquet"}


def test_readers_see_complete_tables_while_a_month_is_published_again(copy_finished: Callable[[], Workspace]) -> None:
    workspace = copy_finished()
    expected = trips_by_month(workspace)
    (workspace.data / "published/2024-02.json").unlink()
    is_done, results = threading.Event(), []

    def read_repeatedly() -> None:
        while not is_done.is_set():
            results.append(
                (read_with_duckdb(workspace.data / "published"), read_with_polars(workspace.data / "published"))
            )

    reader = threading.Thread(target=read_repeatedly)
    reader.start()
    ended = workspace.run_month("2024-02")
    is_done.set()
    reader.join()
    assert ended.returncode == 0, ended.stderr
    assert " 2024-02: published " in ended.stderr
    assert len(results) > 3 and all(result == (expected, expected) for result in results)
