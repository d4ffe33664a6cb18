"""The warehouse and the published tables do not depend on the order in which months are loaded or deleted."""

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from pipeline.sample.server import Fault
from tests.conftest import MONTHS, Place

LOAD_TIMES = "fetched_at", "loaded_at"
HISTORY = "file_history"
"""A table that depends on past runs."""
FILE = "trip-data/fhv_tripdata_2024-02.parquet"
NAMES = [f"{month:%Y-%m}" for month in MONTHS]


def comparable_columns(con: duckdb.DuckDBPyConnection, relation: str) -> str:
    """The columns without load times, the upstream's port and the digest of weather files.

    Open-Meteo's answers contain their generation time, so that each file has another digest.
    """
    described = con.execute(f"describe select * from {relation}").fetchall()
    expressions = {name: f"{name}::varchar" if "ENUM" in type_ else name for name, type_, *_ in described}
    expressions = {name: value for name, value in expressions.items() if name not in LOAD_TIMES}
    normalized = {"sha256": "if(source = 'weather', null, sha256)", "url": "regexp_replace(url, '^http://[^/]+', '')"}
    expressions |= {name: value for name, value in normalized.items() if name in expressions}
    return ", ".join(expressions.values())


def content(place: Place) -> dict[str, tuple[object, ...]]:
    """The row count and an order-independent hash of every table of core and audit."""
    with duckdb.connect(place.data / "warehouse/nyc_mobility.duckdb", read_only=True) as con:
        query = "select schema_name || '.' || table_name from duckdb_tables() where schema_name in ('core', 'audit')"
        return {
            table: con.execute(f"select count(*), sum(hash({comparable_columns(con, table)})) from {table}").fetchall()[
                0
            ]
            for (table,) in con.execute(query).fetchall()
            if not table.endswith(HISTORY)
        }


def published_folders(place: Place) -> list[Path]:
    return sorted(
        path for path in (place.data / "published").iterdir() if path.is_dir() and path.name not in {"metrics", HISTORY}
    )


def published_content(place: Place) -> dict[str, tuple[object, ...]]:
    """The same of the published tables."""
    with duckdb.connect() as con:
        found = {}
        for folder in published_folders(place):
            relation = f"read_parquet('{folder}/**/*.parquet', hive_partitioning = false)"
            found[folder.name] = con.execute(
                f"select count(*), sum(hash({comparable_columns(con, relation)})) from {relation}"
            ).fetchall()[0]
    return found


def is_published_completely(place: Place) -> bool:
    return published_content(place) == {table.split(".")[1]: rows for table, rows in content(place).items()}


def run_months(place: Place, *months: str) -> None:
    for month in months:
        ended = place.month(month)
        assert ended.returncode == 0, ended.stderr
        assert is_published_completely(place), f"after {month}"


def test_a_range_is_published_completely(finished: Place) -> None:
    assert is_published_completely(finished)


def test_single_months_in_reverse_order_give_the_result_of_a_range(
    finished: Place, known: Callable[[Place], Place], tmp_path: Path
) -> None:
    place = known(Place(tmp_path / "data", finished.upstream))
    run_months(place, *NAMES[::-1])
    assert content(place) == content(finished)


def test_a_month_that_is_deleted_and_run_again_has_the_same_result(
    copy_of: Callable[[], Place], finished: Place
) -> None:
    """Without the first month, rides in two files are facts of the second one; with it, of the first one again."""
    place = copy_of()
    repeated = "select count(*) from audit.rejected_trips where reason = 'in_earlier_file'"
    assert place.query(repeated) == [(4,)]
    ended = place.verb("forget", "2024-01")
    assert ended.returncode == 0, ended.stderr
    assert "2024-02: some of its trips have changed" in ended.stdout
    assert place.query(repeated) == [(0,)]
    assert place.query("select count(*) from core.fct_trips where source_month = '2024-01-01'") == [(0,)]
    run_months(place, "2024-01")
    assert content(place) == content(finished)


def test_a_month_reissued_without_rows_and_then_restored_has_the_same_result(
    copy_of: Callable[[], Place], finished: Place, tmp_path: Path
) -> None:
    place = copy_of()
    original = finished.upstream.root / FILE
    empty = tmp_path / "empty.parquet"
    duckdb.execute(f"copy (select * from '{original}' limit 0) to '{empty}' (format parquet)")
    place.upstream.faults = [Fault(FILE, body=empty.read_bytes())]
    delete_landed_file(place)
    ended = place.month("2024-02")
    assert ended.returncode == 30  # a finding that needs attention; the month is built nevertheless
    assert "fhv_taxi FAILED the file has rows" in ended.stderr
    place.upstream.faults = []
    assert place.query("""
        select rows_published, rows_fact, rows_rejected from audit.month_ledger
        where source = 'fhv_taxi' and source_month = '2024-02-01'
    """) == [(0, 0, 0)]
    delete_landed_file(place)
    run_months(place, "2024-02")
    assert content(place) == content(finished)


def delete_landed_file(place: Place) -> None:
    """Make the next run download the file of fhv again."""
    for path in place.data.glob("landing/fhv_taxi/2024-02.*"):
        path.unlink()


def test_months_whose_receipts_were_withdrawn_are_built_again(copy_of: Callable[[], Place], finished: Place) -> None:
    """As a killed run leaves them: the month and its neighbour without a receipt, their facts incomplete."""
    place = copy_of()
    for month in ("2024-01", "2024-02"):
        (place.data / f"warehouse/transformed/{month}.json").unlink()
    change(place, "delete from core.fct_trips where source_month = '2024-02-01' and source = 'citibike'")
    ended = place.month("2024-01")
    assert ended.returncode == 0, ended.stderr
    assert content(place) == content(finished)
    assert is_published_completely(place)


def test_a_month_that_waits_for_a_file_does_not_change_its_neighbours(copy_of: Callable[[], Place]) -> None:
    """A month with some of its sources, as the newest often is, has no rows in the marts."""
    place = copy_of()
    assert place.verb("forget", "2024-03").returncode == 0
    before = content(place)
    place.upstream.faults = [Fault("trip-data/yellow_tripdata_2024-03.parquet", status=403)]
    assert place.month("2024-03").returncode == 20
    assert place.query("select count(*) > 0 from raw_data.citibike where source_month = '2024-03-01'") == [(True,)]
    (place.data / "warehouse/transformed/2024-02.json").unlink()
    ended = place.month("2024-02")
    place.upstream.faults = []
    assert ended.returncode == 0, ended.stderr
    assert content(place) == before
    assert is_published_completely(place)


@pytest.mark.parametrize(
    "damage",
    ["drop table core.fct_trips cascade", "alter table core.fct_trips add column column_of_an_older_contract text"],
)
def test_a_table_that_is_missing_or_violates_its_contract_is_rebuilt_for_all_months(
    copy_of: Callable[[], Place], finished: Place, damage: str
) -> None:
    place = copy_of()
    change(place, damage)
    (place.data / "warehouse/transformed/2024-03.json").unlink()
    ended = place.luigi("Transform", "--months", "2024-03")
    assert ended.returncode == 0, ended.stderr
    assert content(place) == content(finished)


def change(place: Place, sql: str) -> None:
    with duckdb.connect(place.data / "warehouse/nyc_mobility.duckdb") as con:
        con.execute(sql)
