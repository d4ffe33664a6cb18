"""What is not known is neither 0 nor dry: modes and sources that are not loaded, and hours without precipitation."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.conftest import Workspace
from tests.raw_rows import change_rows

RIDES_OF_NEIGHBOURS = """
    update rows set
        tpep_pickup_datetime = timestamp '2024-02-01 00:10:00', tpep_dropoff_datetime = timestamp '2024-02-01 00:20:00'
    where source_row in (10, 11)
"""
NO_PRECIPITATION = {
    "2024-02": "update rows set precipitation = null, rain = null, snowfall = null",
    "2024-03": """
        update rows set precipitation = null, rain = null, snowfall = null
        where "time" between '2024-03-01 00:00:00' and '2024-03-01 05:00:00'
    """,
}
"""In New York, February ends at 05:00 UTC of 1 March."""
TAXIS = ("yellow_taxi_trips", "rush_hour_yellow_taxi_trips", "total_yellow_taxi_revenue", "avg_yellow_taxi_fare")


@pytest.fixture(scope="module")
def february(finished: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """February without yellow taxis but for two rides in the file of January, and with unknown precipitation."""
    data = tmp_path_factory.mktemp("unknown") / "data"
    shutil.copytree(finished.data, data, symlinks=True)
    workspace = Workspace(data, finished.upstream)
    change_rows(data, "yellow_taxi", "2024-01", RIDES_OF_NEIGHBOURS)
    for month, statement in NO_PRECIPITATION.items():
        change_rows(data, "weather", month, statement)
    # As after a forget of these taxis that was killed: the next build deletes rows of a source without a receipt.
    (data / "warehouse/loaded/yellow_taxi/2024-02.json").unlink()
    for month in ("2024-01", "2024-02"):
        (data / f"warehouse/transformed/{month}.json").unlink()
    sources = ("--sources", "fhv_taxi,citibike")
    for ended in (
        workspace.luigi("Transform", "--months", "2024-01,2024-02", *sources),
        rejected := workspace.luigi("Report", "--months", "2024-02", *sources),
        workspace.command("accept", "2024-02", "--reason", "the gauge was broken"),
        workspace.luigi("Report", "--months", "2024-02", *sources),
    ):
        assert ended.returncode == (30 if ended is rejected else 0), ended.stderr
    yield workspace


def published(workspace: Workspace, name: str, columns: str) -> list[tuple[Any, ...]]:
    file = workspace.data / f"published/metrics/month=2024-02/{name}.parquet"
    return duckdb.execute(f"select {columns} from read_parquet('{file}', hive_partitioning = false)").fetchall()


def test_rides_in_the_files_of_other_months_are_facts_and_do_not_load_a_mode(february: Workspace) -> None:
    began = "pickup_datetime >= '2024-02-01' and pickup_datetime < '2024-03-01' and trip_type = 'yellow_taxi'"
    assert february.query(f"select count(*) from core.fct_trips where {began}")[0][0] >= 2
    hours = "hour_timestamp >= '2024-02-01' and hour_timestamp < '2024-03-01' and trip_type = 'yellow_taxi'"
    found = february.query(
        f"select sum(trip_count), sum(loaded_trip_count) from core.fct_hourly_mobility where {hours}"
    )
    assert found[0][0] >= 2 and found[0][1] == 0
    for name in ("by_mode", "by_day", "by_hour", "by_borough", "by_zone", "by_weather"):
        assert set(published(february, name, "trip__trip_type::varchar")) == {("fhv",), ("citibike",)}, name
    expected = {("fhv", 29 * 24), ("citibike", 29 * 24)}
    assert set(published(february, "per_hour", "hourly__trip_type::varchar, loaded_hours")) == expected
    assert set(published(february, "weather_effects", "trip_type")) == {("fhv",), ("citibike",)}


def test_metrics_of_a_mode_that_is_not_loaded_are_null(february: Workspace) -> None:
    columns = ", ".join([*TAXIS, "yellow_taxi_mode_share_pct"])
    assert published(february, "headline", columns) == [(None,) * 5]
    ((trips, fhv, bikes, fhv_share, bike_share),) = published(
        february, "headline", "total_trips, fhv_trips, citibike_trips, fhv_mode_share_pct, citibike_mode_share_pct"
    )
    assert trips == fhv + bikes and fhv_share + bike_share == pytest.approx(100)


def test_the_page_shows_no_mode_that_is_not_loaded(february: Workspace) -> None:
    html = (february.data / "reports/2024-02.html").read_text()
    assert "Not included: Yellow taxi trips." in html
    assert 'class="key m-citibike"' in html and 'class="key m-yellow_taxi"' not in html
    assert "Share of<br>loaded trips" in html


def test_the_command_line_shows_no_month_of_which_only_edges_are_known(february: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "modes.csv"
    arguments = ("--metrics", "total_trips", "--group-by", "metric_time__month,trip__trip_type", "--csv", str(file))
    ended = february.command("metrics", "query", *arguments)
    assert ended.returncode == 0, ended.stdout
    found = duckdb.execute(f"select strftime(metric_time__month, '%Y-%m'), trip__trip_type from '{file}'").fetchall()
    loaded = {(f"2024-0{month}", mode) for month in (1, 2, 3) for mode in ("yellow_taxi", "fhv", "citibike")}
    assert sorted(found) == sorted(loaded - {("2024-02", "yellow_taxi")})


def test_unknown_precipitation_is_neither_rain_nor_dry(february: Workspace) -> None:
    columns = "trips_in_rain, trips_in_snow, rain_impact_on_trips"
    assert published(february, "headline", columns) == [(None,) * 3]
    assert published(february, "headline", "trips_in_cold_weather is not null") == [(True,)]
    hours = "known_hours, rain_hours, dry_hours, trips_per_rain_hour, trips_per_dry_hour"
    assert published(february, "per_hour", hours) == [(0, None, None, None, None)] * 2
    assert published(february, "weather_effects", "effect_pct") == [(None,)] * len(
        published(february, "weather_effects", "condition")
    )
    html = (february.data / "reports/2024-02.html").read_text()
    assert "unknown in every hour" in html and "precipitation unknown" in html
    assert "February: dry" not in html
