"""What is deleted or changed of a data folder is found by verify and status, and repaired by verify --repair."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pytest

from pipeline.operations.status import facts
from pipeline.operations.verify import disagreements
from pipeline.tasks.settings import warehouse
from pipeline.warehouse import raw
from tests.conftest import Workspace
from tests.faults.contents import check
from tests.faults.killing import luigi, run
from tests.faults.scenarios import AGREES

MONTH = "2024-01"
WAREHOUSE = "warehouse/nyc_mobility.duckdb"
Damage = Callable[[Path], None]


def deleted(pattern: str) -> Damage:
    """Deletes what matches the pattern, files and folders."""

    def damage(data: Path) -> None:
        found = list(data.glob(pattern))
        assert found, pattern
        for path in found:
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    return damage


def zeroed(name: str) -> Damage:
    """Overwrites the middle of a file, whose size and time stay."""

    def damage(data: Path) -> None:
        content = (data / name).read_bytes()
        middle = len(content) // 2
        (data / name).write_bytes(content[:middle] + bytes(16) + content[middle + 16 :])

    return damage


def executed(*statements: str) -> Damage:
    """Changes the warehouse."""

    def damage(data: Path) -> None:
        with duckdb.connect(data / WAREHOUSE) as con:
            for statement in statements:
                con.execute(statement)

    return damage


def first_row(table: str) -> str:
    return f"rowid = (select min(rowid) from {table} where source_month = '2024-01-01')"


OF_FILES = {
    "a landed file is deleted": deleted("landing/citibike/2024-01.csv.zip"),
    "a landed file is truncated": lambda data: (data / "landing/citibike/2024-01.csv.zip").write_bytes(b"PK"),
    "a Parquet file is deleted": deleted("parquet/citibike/2024-01.parquet"),
    "the zones are deleted": deleted("parquet/taxi_zones/static.parquet"),
    "published facts are deleted": deleted("published/fct_trips/month=2024-01/*.parquet"),
    "a published table is deleted": deleted("published/fct_hourly_mobility"),
    "a published dimension is deleted": deleted("published/dim_location"),
    "metrics are deleted": deleted("published/metrics/month=2024-01/by_hour.csv"),
    "a page is deleted": deleted("reports/2024-01.html"),
    "all pages are deleted with their receipts": deleted("reports"),
    "the index is deleted": deleted("reports/index.html"),
    "Data Docs are deleted": deleted("reports/quality/validations/*/2024-01"),
    "the findings are deleted": deleted("quality/2024-01.findings.json"),
    "a receipt of rows is deleted": deleted("warehouse/loaded/citibike/2024-01.json"),
    "the warehouse is deleted": deleted(WAREHOUSE),
}
"""Damages that status names too: it reads no data."""
OF_CONTENTS = {
    "bytes of a landed file are zeroed": zeroed("landing/citibike/2024-01.csv.zip"),
    "bytes of a Parquet file are zeroed": zeroed("parquet/citibike/2024-01.parquet"),
    "bytes of published facts are zeroed": zeroed("published/fct_trips/month=2024-01/fct_trips.parquet"),
    "bytes of a published dimension are zeroed": zeroed("published/dim_weather/dim_weather.parquet"),
    "bytes of metrics are zeroed": zeroed("published/metrics/month=2024-01/headline.parquet"),
    "bytes of a page are zeroed": zeroed("reports/2024-01.html"),
    "bytes of the index are zeroed": zeroed("reports/index.html"),
    "bytes of the documentation are zeroed": zeroed("reports/models.html"),
    "a fact is changed": executed(
        f"update core.fct_trips set trip_duration_minutes = 1 where {first_row('core.fct_trips')}"
    ),
    "an hour is changed": executed(
        f"update core.fct_hourly_mobility set total_duration_minutes = 1 where {first_row('core.fct_hourly_mobility')}"
    ),
    "the ledger is changed": executed(
        f"update audit.month_ledger set url = '?' where {first_row('audit.month_ledger')}"
    ),
    "a dimension is changed": executed("update core.dim_location set zone_name = 'Nowhere' where location_key = 1"),
}
"""Damages that only the full form of verify finds."""
OF_TABLES = {
    "a raw table shows other rows": executed("create or replace view raw_data.citibike as from raw_data.citibike_jc"),
    "a raw table is dropped": executed("drop view raw_data.weather"),
    "the record of a load is deleted": executed("delete from raw_data.loads where source = 'citibike'"),
    "what was built is forgotten": executed("delete from raw_data.built"),
    "facts are deleted": executed("delete from core.fct_trips where source_month = '2024-01-01'"),
    "the facts are dropped": executed("drop view core.trips", "drop table core.fct_trips"),
    "hours are deleted": executed(
        "delete from core.fct_hourly_mobility where hour_timestamp < '2024-01-02' and trip_count = 0"
    ),
    "the ledger is emptied": executed("delete from audit.month_ledger"),
    "a dimension is emptied": executed("delete from core.dim_weather"),
    "a dimension is dropped": executed("drop table core.dim_date cascade"),
    "a view is dropped": executed("drop view core.trips"),
    "stored findings are deleted": executed("delete from quality.findings where source_month = '2024-01-01'"),
    "the warehouse is overwritten": lambda data: (data / WAREHOUSE).write_bytes(bytes(1 << 20)),
    "effects of weather are deleted": executed("delete from estimates.weather_effects"),
}
"""Damages that the quick form of verify finds."""


@pytest.fixture
def copied(undisturbed: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A copy of a finished data folder, which is also that of this process."""
    shutil.copytree(undisturbed.data, tmp_path / "data", symlinks=True)
    workspace = replace(undisturbed, data=tmp_path / "data")
    for name, value in workspace.variables.items():
        monkeypatch.setenv(name, value)
    raw.follow_folder(warehouse())
    return workspace


@pytest.mark.parametrize("damage", OF_FILES.values(), ids=OF_FILES)
def test_a_loss_of_files_is_found_and_shown_by_status(copied: Workspace, damage: Damage) -> None:
    damage(copied.data)
    assert disagreements(warehouse(), is_deep=False)
    assert [month["month"] for month in facts(date.today()) if month["why_incomplete"]]


@pytest.mark.parametrize("damage", OF_TABLES.values(), ids=OF_TABLES)
def test_a_loss_in_the_warehouse_is_found_by_the_quick_form(copied: Workspace, damage: Damage) -> None:
    damage(copied.data)
    assert disagreements(warehouse(), is_deep=False)


@pytest.mark.parametrize("damage", OF_CONTENTS.values(), ids=OF_CONTENTS)
def test_a_change_is_found_by_the_full_form(copied: Workspace, damage: Damage) -> None:
    damage(copied.data)
    assert disagreements(warehouse())


TOGETHER = (
    *("a landed file is deleted", "bytes of a Parquet file are zeroed", "bytes of published facts are zeroed"),
    *("a published dimension is deleted", "metrics are deleted", "the index is deleted", "bytes of a page are zeroed"),
    *("a raw table shows other rows", "a raw table is dropped", "the record of a load is deleted"),
    *("an hour is changed", "a dimension is emptied", "stored findings are deleted", "what was built is forgotten"),
)


@pytest.mark.parametrize(
    "names",
    [TOGETHER, pytest.param(("the warehouse is overwritten",), marks=pytest.mark.long)],
    ids=["together", "the warehouse"],
)
def test_repair_brings_back_what_is_lost(
    copied: Workspace, expected: dict[str, object], names: tuple[str, ...]
) -> None:
    for name in names:
        (OF_FILES | OF_CONTENTS | OF_TABLES)[name](copied.data)
    ended = copied.command("verify", "--repair")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stdout.endswith(f"{AGREES} with the files and the warehouse\n")
    if names != TOGETHER:
        (copied.data / f"{WAREHOUSE}.unreadable").unlink()
    check(copied, expected, ", ".join(names))


def test_a_month_that_is_run_after_the_warehouse_was_deleted_leaves_the_others_incomplete(copied: Workspace) -> None:
    (copied.data / WAREHOUSE).unlink()
    run(copied, luigi("Load", "--source", "citibike", "--month", MONTH))
    assert {month["complete"] for month in facts(date.today())} == {"incomplete"}
