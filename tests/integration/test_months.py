"""Three generated months, one of them with anomalies, from HTTP to published Parquet."""

import json
import re
from datetime import date

import duckdb
import pytest

from pipeline.history import runs
from tests.conftest import ANOMALOUS_MONTH, MONTHS, Workspace

SOURCES = ("citibike", "fhv_taxi", "yellow_taxi")


def generated_counts(workspace: Workspace) -> dict[tuple[str, str], dict[str, int]]:
    """The row counts of each file in the generator's manifest."""
    manifest = json.loads((workspace.upstream.root / "manifest.json").read_text())
    return {(file["source"], file["month"][:7]): file["counts"] for file in manifest["files"]}


@pytest.mark.parametrize("month", MONTHS, ids=str)
@pytest.mark.parametrize("source", SOURCES)
def test_every_published_row_is_in_raw_or_counted_as_unreadable(finished: Workspace, source: str, month: date) -> None:
    counts = generated_counts(finished)[source, f"{month:%Y-%m}"]
    unreadable = counts.get("unreadable", 0)
    query = f"select count(*), count(distinct source_row) from raw_data.{source} where source_month = '{month}'"
    assert finished.query(query) == [(counts["rows"] - unreadable,) * 2]
    ledger = f"from audit.month_ledger where source = '{source}' and source_month = '{month}'"
    assert finished.query(f"select rows_published, rows_unreadable {ledger}") == [(counts["rows"], unreadable)]


def test_every_published_row_is_a_fact_or_rejected_with_a_reason(finished: Workspace) -> None:
    lines = finished.query("""
        select l.source, rows_published, rows_unreadable, rows_fact, rows_rejected, f.n, r.n
        from audit.month_ledger as l
        join (select source, source_month, count(*) as n from core.fct_trips group by all) as f
            using (source, source_month)
        left join (select source, source_month, count(*) as n from audit.rejected_trips group by all) as r
            using (source, source_month)
    """)
    assert len(lines) == len(SOURCES) * len(MONTHS)
    for _, published, unreadable, facts, rejected, counted_facts, counted_rejected in lines:
        assert published == unreadable + facts + rejected
        assert (facts, rejected) == (counted_facts, counted_rejected or 0)


def test_anomalies_are_rejected_for_their_reasons(finished: Workspace) -> None:
    rejected = f"audit.rejected_trips where source = 'yellow_taxi' and source_month = '{ANOMALOUS_MONTH}'"
    reasons = {reason for (reason,) in finished.query(f"select distinct reason from {rejected}")}
    expected = {
        "pickup_outside_file_month",
        "ends_before_it_starts",
        "longer_than_24_h",
        "exact_duplicate",
        "unknown_zone_id",
    }
    assert expected <= reasons


def test_every_trip_has_the_weather_of_its_hour(finished: Workspace) -> None:
    query = """
        select count(*) from core.fct_trips as t
        left join core.dim_weather as w using (weather_key) where w.temperature_c is null
    """
    assert finished.query(query) == [(0,)]


def test_hours_sum_up_to_the_trips(finished: Workspace) -> None:
    facts = finished.query("""
        select trip_type::varchar, count(*) filter (not is_adjustment), coalesce(sum(revenue), 0)
        from core.fct_trips group by 1 order by 1
    """)
    hours = finished.query("""
        select trip_type::varchar, sum(trip_count), sum(revenue) from core.fct_hourly_mobility group by 1 order by 1
    """)
    assert facts == hours
    assert {mode for mode, *_ in facts} == {"citibike", "fhv", "yellow_taxi"}


def test_trips_can_be_grouped_by_mode_and_hour(finished: Workspace) -> None:
    hours = finished.query(
        "select trip_type, time_key, count(*) from core.fct_trips where source_month = '2024-01-01' group by all"
    )
    assert len(hours) == 3 * 24


def test_published_parquet_has_the_rows_of_the_warehouse(finished: Workspace) -> None:
    published = finished.data / "published"
    select = "select count(*), count(distinct trip_id), sum(revenue) from "
    found = duckdb.execute(
        f"{select} read_parquet('{published}/fct_trips/*/*.parquet', hive_partitioning = true)"
    ).fetchall()
    assert found == finished.query(f"{select} core.fct_trips")
    for dimension in ("dim_date", "dim_time", "dim_weather", "dim_location", "dim_station"):
        count = duckdb.execute(f"select count(*) from '{published}/{dimension}/{dimension}.parquet'").fetchall()
        assert count == finished.query(f"select count(*) from core.{dimension}")


def test_each_month_has_its_page_and_the_index_links_them(finished: Workspace) -> None:
    index = (finished.data / "reports/index.html").read_text()
    for month in MONTHS:
        page = (finished.data / f"reports/{month:%Y-%m}.html").read_text()
        assert f'href="{month:%Y-%m}.html"' in index
        assert "<svg" in page and "Generated data." in page and "open-meteo.com" not in page


def test_a_second_run_has_nothing_to_do(finished: Workspace) -> None:
    before = {path: (finished.data / path).stat().st_mtime_ns for path in finished.files()}
    ended = finished.luigi("RangeMonthly", "--of", "RunMonth", "--start", "2024-01", "--stop", "2024-04")
    assert ended.returncode == 0
    pages = finished.data / "reports"
    assert ended.stderr.splitlines() == [
        "complete  2024-01 to 2024-03, nothing to do",
        f"page      {pages}/index.html",
        "          ./run.sh serve shows all pages on http://127.0.0.1:8080",
    ]
    assert {path: (finished.data / path).stat().st_mtime_ns for path in finished.files()} == before


def test_status_shows_the_state_of_each_month(finished: Workspace) -> None:
    ended = finished.command("status")
    counts = generated_counts(finished)["yellow_taxi", "2024-03"]
    march = json.loads(finished.command("status", "--json").stdout)[2]
    landed = (finished.data / "landing/yellow_taxi/2024-03.parquet").stat().st_size
    yellow = march["sources"]["yellow_taxi"]
    assert (yellow["state"], yellow["rows"]) == ("loaded", counts["rows"]) and yellow["bytes"] > landed
    assert [march[name] for name in ("month", "models", "quality", "complete")] == ["2024-03", "built", "passed", "yes"]
    sizes = r"[\d.]+ MB +[\d.]+ MB +[\d,]+ s"
    row = rf"^2024-03 .*\b{counts['rows']:,}\b.* built +passed +yes +{sizes}$"
    assert re.search(row, ended.stdout, flags=re.MULTILINE)


def test_verify_finds_no_difference(finished: Workspace) -> None:
    ended = finished.command("verify")
    assert (ended.returncode, ended.stdout) == (0, "all receipts agree with the files and the warehouse\n")


def test_dbt_starts_once_for_months_that_are_ready_together(finished: Workspace) -> None:
    batches = [entry.months for entry in runs.read(finished.data / "runs") if entry.task == "Transform"]
    assert batches == [tuple(f"{month:%Y-%m}" for month in MONTHS)]


def test_metricflow_starts_once_for_months_that_are_published_together(finished: Workspace) -> None:
    def modification_times(pattern: str) -> list[int]:
        return [path.stat().st_mtime_ns for path in (finished.data / "published").glob(pattern)]

    receipts = modification_times("metrics/????-??.json")
    assert len(receipts) == len(MONTHS)
    assert max(modification_times("????-??.json") + modification_times("metrics/month=*/*")) <= min(receipts)
