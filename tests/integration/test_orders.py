"""Whatever the order in which months are loaded, loaded again or forgotten: the same warehouse, and published so."""

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from pipeline.sample.server import Fault
from tests.conftest import MONTHS, Place

LOAD_TIMES = "fetched_at", "loaded_at"
HISTORY = "file_history"  # of what was, which differs with what has happened
FILE = "trip-data/fhv_tripdata_2024-02.parquet"
NAMES = [f"{month:%Y-%m}" for month in MONTHS]


def columns(con: duckdb.DuckDBPyConnection, relation: str) -> str:
    """All but the times of loading, the upstream's port, and the weather's digest.

    Its publisher writes into each answer how long that took.
    """
    described = con.execute(f"describe select * from {relation}").fetchall()
    kept = {name: f"{name}::varchar" if "ENUM" in type_ else name for name, type_, *_ in described}
    kept = {name: value for name, value in kept.items() if name not in LOAD_TIMES}
    same = {"sha256": "if(source = 'weather', null, sha256)", "url": "regexp_replace(url, '^http://[^/]+', '')"}
    return ", ".join((kept | {name: value for name, value in same.items() if name in kept}).values())


def content(place: Place) -> dict[str, tuple[object, ...]]:
    """Rows and an order-independent hash of every table of core and audit, the times of loading apart."""
    with duckdb.connect(place.data / "warehouse/nyc_mobility.duckdb", read_only=True) as con:
        query = "select schema_name || '.' || table_name from duckdb_tables() where schema_name in ('core', 'audit')"
        return {
            table: con.execute(f"select count(*), sum(hash({columns(con, table)})) from {table}").fetchall()[0]
            for (table,) in con.execute(query).fetchall()
            if not table.endswith(HISTORY)
        }


def tables(place: Place) -> list[Path]:
    return sorted(
        path for path in (place.data / "published").iterdir() if path.is_dir() and path.name not in {"metrics", HISTORY}
    )


def published(place: Place) -> dict[str, tuple[object, ...]]:
    """The same of what anyone can read beside the warehouse."""
    with duckdb.connect() as con:
        found = {}
        for folder in tables(place):
            relation = f"read_parquet('{folder}/**/*.parquet', hive_partitioning = false)"
            found[folder.name] = con.execute(
                f"select count(*), sum(hash({columns(con, relation)})) from {relation}"
            ).fetchall()[0]
    return found


def is_published_whole(place: Place) -> bool:
    return published(place) == {table.split(".")[1]: rows for table, rows in content(place).items()}


def run(place: Place, *months: str) -> None:
    for month in months:
        ended = place.month(month)
        assert ended.returncode == 0, ended.stderr
        assert is_published_whole(place), f"after {month}"


def test_the_range_is_published_whole(finished: Place) -> None:
    assert is_published_whole(finished)


def test_months_one_by_one_and_backward_give_what_a_range_gives(
    finished: Place, known: Callable[[Place], Place], tmp_path: Path
) -> None:
    place = known(Place(tmp_path / "data", finished.upstream))
    run(place, *NAMES[::-1])
    assert content(place) == content(finished)


def test_a_month_forgotten_and_run_again_leaves_no_trace(copy_of: Callable[[], Place], finished: Place) -> None:
    """The first one forgotten, rides that stand in two files count in the second month; then in the first again."""
    place = copy_of()
    repeated = "select count(*) from audit.rejected_trips where reason = 'in_earlier_file'"
    assert place.query(repeated) == [(4,)]
    ended = place.verb("forget", "2024-01")
    assert ended.returncode == 0, ended.stderr
    assert "2024-02: other rides at its edge" in ended.stdout
    assert place.query(repeated) == [(0,)]
    assert place.query("select count(*) from core.fct_trips where source_month = '2024-01-01'") == [(0,)]
    run(place, "2024-01")
    assert content(place) == content(finished)


def test_a_month_reissued_without_rows_and_back_leaves_none_of_the_old(
    copy_of: Callable[[], Place], finished: Place, tmp_path: Path
) -> None:
    place = copy_of()
    whole = finished.upstream.root / FILE
    empty = tmp_path / "empty.parquet"
    duckdb.execute(f"copy (select * from '{whole}' limit 0) to '{empty}' (format parquet)")
    place.upstream.faults = [Fault(FILE, body=empty.read_bytes())]
    fetch_again(place)
    ended = place.month("2024-02")
    assert ended.returncode == 30  # a file without rows is for somebody to look at, and built all the same
    assert "fhv_taxi FAILED the file has rows" in ended.stderr
    place.upstream.faults = []
    assert place.query("""
        select rows_published, rows_fact, rows_rejected from audit.month_ledger
        where source = 'fhv_taxi' and source_month = '2024-02-01'
    """) == [(0, 0, 0)]
    run_again(place)
    assert content(place) == content(finished)


def fetch_again(place: Place) -> None:
    """Has the next run fetch another file of fhv."""
    for path in place.data.glob("landing/fhv_taxi/2024-02.*"):
        path.unlink()


def run_again(place: Place) -> None:
    """2024-02 with another file of fhv, once fetched."""
    fetch_again(place)
    run(place, "2024-02")


def test_a_run_killed_while_it_built_is_settled_by_the_next(copy_of: Callable[[], Place], finished: Place) -> None:
    """As it is left behind: the note that names the months, the one after with facts that are not those of its file."""
    place = copy_of()
    (place.data / "warehouse/unsettled.json").write_text('["2023-12", "2024-01", "2024-02"]')
    change(place, "delete from core.fct_trips where source_month = '2024-02-01' and source = 'citibike'")
    ended = place.month("2024-01")
    assert ended.returncode == 0, ended.stderr
    assert "broken off" in ended.stderr
    assert content(place) == content(finished)
    assert is_published_whole(place)
    assert not (place.data / "warehouse/unsettled.json").exists()


def test_a_month_that_waits_for_a_file_takes_nothing_from_its_neighbours(copy_of: Callable[[], Place]) -> None:
    """Loaded in part, as the newest month mostly is, it is in no mart: rides at its edge stay with their own file's."""
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
    assert is_published_whole(place)


@pytest.mark.parametrize(
    "damage",
    ["drop table core.fct_trips cascade", "alter table core.fct_trips add column column_of_an_older_contract text"],
)
def test_a_table_that_is_lost_or_differs_from_its_contract_is_built_for_all_months(
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
