"""What dbt's results become: errors that name the model or test, and digests of what the marts hold."""

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipeline.database import Warehouse
from pipeline.errors import TransformFailed, WarehouseBusy
from pipeline.warehouse import transform, views

JANUARY, FEBRUARY, MARCH = date(2024, 1, 1), date(2024, 2, 1), date(2024, 3, 1)


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    """Marts of January and February, with the columns that digests read."""
    path = tmp_path / "some.duckdb"
    with duckdb.connect(path) as con:
        con.execute("create schema core")
        con.execute("create schema audit")
        con.execute("""
            create table core.fct_hourly_mobility as
            select unnest([date '2024-01-01', date '2024-02-01']) as source_month, unnest([10, 20]) as trip_count
        """)
        con.execute("""
            create table audit.month_ledger as
            select unnest([date '2024-01-01', date '2024-02-01']) as source_month, 'citibike' as source,
                unnest([10, 20]) as rows_fact, 1 as rows_rejected
        """)
        con.execute("""
            create table core.dim_weather as
            select unnest([timestamp '2024-01-31 23:00', '2024-02-01 00:00']) as local_hour, 0.5 as precipitation_mm
        """)
    return Warehouse(path, tmp_path / "dbt", {})


def change(warehouse: Warehouse, sql: str) -> None:
    with warehouse.connect() as con:
        con.execute(sql)


def result(status: str, message: str, query: str | None = None) -> dict[str, Any]:
    return {"unique_id": "test.nyc_mobility.a_test", "status": status, "message": message, "compiled_code": query}


def test_a_run_that_is_killed_while_it_replaces_the_views_leaves_none_that_count_as_current(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the project is then what it was before: the run may have built all hours with other bands."""
    change(warehouse, "create schema raw_data; create table raw_data.built (source varchar, source_month date)")
    change(warehouse, "insert into raw_data.built values ('citibike', '2024-01-01')")
    views.record(warehouse)
    change(warehouse, "update raw_data.views set project = 'another one'")

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(transform, "run_when_free", killed)
    with pytest.raises(KeyboardInterrupt):
        transform.run_build(warehouse, [FEBRUARY])
    change(warehouse, f"update raw_data.views set project = '{views.version_of(warehouse)}'")
    assert not views.are_current(warehouse)


def test_digests_are_of_the_months_and_their_neighbours(warehouse: Warehouse) -> None:
    digests = transform.content_digests(warehouse, [FEBRUARY])
    assert list(digests) == [JANUARY, FEBRUARY, MARCH]
    assert digests[MARCH] == {"facts": "", "content": ""}, "nothing of it is built"
    assert digests[JANUARY] != digests[FEBRUARY]
    assert transform.content_digests(warehouse, [FEBRUARY]) == digests


@pytest.mark.parametrize(
    "changed",
    [
        "update core.fct_hourly_mobility set trip_count = 11 where source_month = '2024-01-01'",
        "update core.dim_weather set precipitation_mm = 0.6 where local_hour = '2024-01-31 23:00'",
    ],
)
def test_a_changed_hour_or_its_weather_changes_the_content_and_not_the_facts(
    warehouse: Warehouse, changed: str
) -> None:
    before = transform.content_digests(warehouse, [JANUARY])
    change(warehouse, changed)
    after = transform.content_digests(warehouse, [JANUARY])
    assert after[JANUARY]["facts"] == before[JANUARY]["facts"]
    assert after[JANUARY]["content"] != before[JANUARY]["content"]
    assert after[FEBRUARY] == before[FEBRUARY]


def test_a_changed_number_of_facts_changes_both(warehouse: Warehouse) -> None:
    before = transform.content_digests(warehouse, [JANUARY])
    change(warehouse, "update audit.month_ledger set rows_fact = 9 where source_month = '2024-01-01'")
    after = transform.content_digests(warehouse, [JANUARY])
    assert all(after[JANUARY][part] != before[JANUARY][part] for part in ("facts", "content"))


def test_a_failed_test_is_reported_with_some_of_its_rows(warehouse: Warehouse) -> None:
    failed = result("fail", "Got 9 results", "select range as row_number from range(9)")
    error = transform.failure([failed], "", warehouse, [JANUARY, FEBRUARY])
    assert isinstance(error, TransformFailed)
    assert str(error).startswith("2024-01, 2024-02: dbt: a_test: Got 9 results, such as [{'row_number': 0}, ")
    assert str(error).count("row_number") == 5


def test_an_error_of_a_model_is_reported_without_the_stack_of_macros(warehouse: Warehouse) -> None:
    failed = result("error", "Compilation Error\n  no such column > in macro a (b.sql)")
    assert str(transform.failure([failed], "", warehouse, [JANUARY])) == (
        "2024-01: dbt: a_test: Compilation Error no such column"
    )


def test_a_long_message_is_cut(warehouse: Warehouse) -> None:
    failed = result("error", "Runtime Error\n" + "plan of the query " * 100)
    text = str(transform.failure([failed], "", warehouse, [JANUARY]))
    assert text.startswith("2024-01: dbt: a_test: Runtime Error plan of the query plan") and text.endswith(" …")
    assert len(text) < transform.LONGEST_MESSAGE + 30


def test_three_failures_are_reported_and_the_others_counted(warehouse: Warehouse) -> None:
    failed = [result("error", f"error {number}") for number in range(5)]
    assert str(transform.failure(failed, "", warehouse, [JANUARY])).endswith("; a_test: error 2 (and 2 more)")


def test_a_dbt_that_does_not_start_is_reported_with_its_last_lines(warehouse: Warehouse) -> None:
    error = transform.failure([], "first\nprofiles.yml is invalid", warehouse, [JANUARY])
    assert str(error) == "2024-01: dbt could not start: first profiles.yml is invalid"


def test_a_warehouse_that_another_process_holds_is_no_failure_of_the_models(warehouse: Warehouse) -> None:
    output = "IO Error: Could not set lock: Conflicting lock is held in /usr/bin/python3.11 (PID 42). See also"
    error = transform.failure([], output, warehouse, [JANUARY])
    assert isinstance(error, WarehouseBusy)
    assert "held by process 42" in str(error)
