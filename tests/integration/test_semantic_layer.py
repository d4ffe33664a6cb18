"""Every metric equals plain SQL, by several groupings; published metrics equal those of ``mf query``."""

import csv
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipeline.metrics import definitions
from pipeline.metrics.metricflow import compile_query, engine_of
from tests.conftest import HERE, Workspace
from tests.integration.plain_sql import DRY, GROUPINGS, IN_LOADED_MONTHS, PLAIN, PLAUSIBLE, RAIN, count, is_same


def test_plain_sql_is_written_for_each_of_the_fifty_metrics() -> None:
    governed = {
        n for n, m in definitions().items() if m.category not in ("building block", "typical trip", "weather effect")
    }
    assert governed == set(PLAIN) and len(PLAIN) == 50
    assert all(metric.unit and metric.formula and metric.description for metric in definitions().values())


def test_metricflow_has_the_declared_metrics(finished: Workspace) -> None:
    manifest = json.loads((finished.data / "dbt/target/semantic_manifest.json").read_text())
    assert {metric["name"] for metric in manifest["metrics"]} == set(definitions())


def compiled(workspace: Workspace, **query: Any) -> str:
    manifest = workspace.data / "dbt/target/semantic_manifest.json"
    return compile_query(engine_of(json.loads(manifest.read_text())), **query)


@pytest.mark.parametrize("grouping", GROUPINGS)
def test_every_metric_equals_plain_sql(finished: Workspace, grouping: str) -> None:
    names, expressions = GROUPINGS[grouping]
    months = "{{ TimeDimension('metric_time', 'month') }} between '2024-01-01' and '2024-03-31'"
    sql = compiled(finished, metric_names=list(PLAIN), group_by_names=names, where_constraints=[months])
    keys = range(len(names))
    ours = {row[: len(names)]: row[len(names) :] for row in finished.query(f"select {columns(names)} from ({sql})")}
    plain = finished.query(f"""
        select {", ".join([*expressions, *PLAIN.values()])}
        from core.fct_trips as t left join core.dim_weather as w using (weather_key)
        where {IN_LOADED_MONTHS} group by {", ".join(str(key + 1) for key in keys) or "()"}
    """)
    assert len(ours) == len(plain) > 0
    for row in plain:
        found = ours[row[: len(names)]]
        for name, value, expected in zip(PLAIN, found, row[len(names) :], strict=True):
            assert is_same(value, expected), f"{name} by {row[: len(names)]}: {value} is not {expected}"


def columns(names: list[str], metrics: Iterable[str] = PLAIN) -> str:
    return ", ".join([*(f"{name}::varchar" if name.endswith("trip_type") else name for name in names), *metrics])


def test_trips_with_an_implausible_distance_are_counted_where_distances_are_published(finished: Workspace) -> None:
    published = finished.data / "published/metrics/month=2024-02"
    by_mode = f"read_parquet('{published}/by_mode.parquet', hive_partitioning = false)"
    columns = "trip__trip_type::varchar, implausible_distance_trips"
    found = dict(duckdb.execute(f"select {columns} from {by_mode}").fetchall())
    (plain,) = finished.query(f"""
        select {count(f"t.trip_type = 'yellow_taxi' and not {PLAUSIBLE}")} from core.fct_trips as t
        where date_trunc('month', t.pickup_datetime) = '2024-02-01'
    """)
    assert found == {"yellow_taxi": plain[0], "fhv": None, "citibike": None} and plain[0] >= 6
    headline = duckdb.execute(f"select implausible_distance_trips from '{published}/headline.parquet'").fetchall()
    assert headline == [plain]


LONG = pytest.mark.long
"""For commands that differ from others in little: each starts MetricFlow anew, which takes 4 to 6 s of CPU."""


@pytest.mark.parametrize(
    "query", [pytest.param(name, marks=LONG) for name in ("headline", "per_hour")] + ["by_borough"]
)
def test_published_metrics_equal_those_of_mf_query(finished: Workspace, tmp_path: Path, query: str) -> None:
    queried = tmp_path / "queried.csv"
    ended = finished.command("metrics", "query", "--saved-query", query, "--month", "2024-02", "--csv", str(queried))
    assert ended.returncode == 0, ended.stdout
    published = finished.data / "published/metrics/month=2024-02" / query
    assert sorted(rows(queried)) == sorted(rows(published.with_suffix(".csv")))
    assert duckdb.execute(f"select count(*) from '{published}.parquet'").fetchall() == [(len(rows(queried)),)]


def rows(path: Path) -> list[list[str]]:
    """The rows of a CSV as sorted ``column=value``, numbers in one format."""
    with path.open() as lines:
        return [sorted(f"{name}={formatted(value)}" for name, value in row.items()) for row in csv.DictReader(lines)]


def formatted(value: str) -> str:
    try:
        return f"{float(value):.9g}"
    except ValueError:
        return value.replace("T", " ").removesuffix(" 00:00:00")


def test_trips_per_hour_equal_plain_sql(finished: Workspace) -> None:
    published = finished.data / "published/metrics/month=2024-02/per_hour.parquet"
    files = f"read_parquet('{published}', hive_partitioning = false)"
    found = duckdb.execute(f"select * from {files} order by hourly__trip_type::varchar").fetchall()
    plain = finished.query(f"""
        with hours as (
            select trip_type, hour_timestamp, sum(trip_count) as trips, any_value(weather_key) as weather_key
            from core.fct_hourly_mobility where date_trunc('month', hour_timestamp) = '2024-02-01' group by all
        )
        select
            date '2024-02-01', trip_type,
            sum(trips) / count(*), avg(trips) filter ({RAIN}), avg(trips) filter ({DRY} and w.snowfall_cm = 0),
            count(*), count(w.precipitation_mm), count(*) filter ({RAIN}), count(*) filter ({DRY} and w.snowfall_cm = 0)
        from hours join core.dim_weather as w using (weather_key) group by trip_type order by trip_type
    """)
    assert len(found) == len(plain) == 3
    for row, expected in zip(found, plain, strict=True):
        assert str(row[1]) == expected[1] and row[5] == expected[5] == 29 * 24
        assert all(is_same(value, plain_value) for value, plain_value in zip(row[2:], expected[2:], strict=True)), (
            row,
            expected,
        )


def test_each_metric_is_described_beside_the_published_files_and_on_a_page(finished: Workspace) -> None:
    described = json.loads((finished.data / "published/metrics/month=2024-01/metrics.json").read_text())
    page = (finished.data / "reports/metrics.html").read_text()
    for name, metric in definitions().items():
        assert described[name]["unit"] == metric.unit
        assert f'id="{name}"' in page
    assert 'href="metrics.html"' in (finished.data / "reports/index.html").read_text()


def test_a_saved_query_reads_the_trips_only_for_what_the_rollup_does_not_have(finished: Workspace) -> None:
    queries = json.loads((finished.data / "dbt/target/saved_queries.json").read_text())["sql"]
    of_trips, of_rollup = (
        {name for name, sql in queries.items() if f'"core"."{table}"' in sql}
        for table in ("trips_with_hour_attributes", "by_hour_and_zone")
    )
    assert of_trips == {"headline", "by_mode", "by_borough", "by_station"}
    assert of_rollup == queries.keys() - {"by_station", "per_hour"}
    assert not any(re.search(r"\bWITH\b", sql) for sql in queries.values()), "a table expression is stored in memory"


TOTAL = ("query", "--metrics", "total_trips")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("query", "--metrics", "total_tripz"), "did you mean total_trips"),
        (
            (*TOTAL, "--group-by", "trip__trip_tipe"),
            "trip__trip_tipe: not a dimension of total_trips; did you mean trip__",
        ),
        pytest.param(
            (*TOTAL, "--group-by", "metric_time__month,wether__is_adverse"),
            "did you mean weather__is_adverse",
            marks=LONG,
        ),
        pytest.param(
            (*TOTAL, "--order", "-total_tripz"),
            "--order -total_tripz: expected one of the query's own total_trips",
            marks=LONG,
        ),
        pytest.param((*TOTAL, "--where", "x = 1"), "--where x = 1: has a name that is not known", marks=LONG),
        pytest.param(
            ("list", "dimension-values", *TOTAL[1:], "--dimension", "trip__trip_tipe"),
            "did you mean trip__trip_type",
            marks=LONG,
        ),
        pytest.param(("list", "metricz"), "No such command 'metricz'. Did you mean 'metrics'?", marks=LONG),
        (("query", "--metrics", "total_trips", "--month", "2023-05"), "it has 2024-01, 2024-02, 2024-03"),
        (("query", "--metrics", "total_trips", "--month", "2024-13"), "not a month"),
    ],
)
def test_an_unknown_name_or_month_is_refused_with_those_that_exist(
    finished: Workspace, args: tuple[str, ...], message: str
) -> None:
    ended = finished.command("metrics", *args)
    assert ended.returncode != 0
    assert ended.stderr.startswith("error: ") and message in ended.stderr
    assert (ended.stderr.count("\n"), ended.stdout) == (1, "")


@pytest.mark.parametrize(
    "args",
    [
        pytest.param(("metrics", *TOTAL), marks=LONG),
        ("metrics", "list", "metrics"),
        pytest.param(("dbt", "list"), marks=LONG),
    ],
    ids=["query", "list metrics", "dbt list"],
)
def test_output_that_is_not_for_a_terminal_is_plain_and_a_closed_pipe_ends_it_in_silence(
    finished: Workspace, args: tuple[str, ...]
) -> None:
    ended = finished.command(*args)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert not re.search(r"[\x00-\x09\x0b-\x1f⠋✔]", ended.stdout)
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "pipeline", *args]
    closed = subprocess.run(
        command, cwd=HERE, env=finished.variables, stdout=writing, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(writing)
    assert (closed.returncode, closed.stderr) == (141, "")


def test_an_error_about_an_empty_data_folder_names_the_command_to_run(finished: Workspace, tmp_path: Path) -> None:
    ended = Workspace(tmp_path / "data", finished.upstream).command("metrics", "list", "metrics")
    assert ended.returncode == 2 and "./run.sh month" in ended.stderr
    assert not (tmp_path / "data").exists()


@LONG
def test_the_semantic_layer_is_valid_on_a_fresh_warehouse(copy_finished: Callable[[], Workspace]) -> None:
    workspace = copy_finished()
    ended = workspace.command("metrics", "validate-configs")
    assert ended.returncode == 0, ended.stdout
    listed = workspace.command("metrics", "list", "dimensions", "--metrics", "total_trips").stdout
    attributes = ("date__is_holiday", "time__time_period", "weather__is_adverse", "pickup_location__zone_name")
    for name in (*attributes, "dropoff_location__borough", "start_station__station_name", "end_station__station_id"):
        assert name in listed


@pytest.mark.parametrize("month", ["2024-01", "2024-02", "2024-03"])
def test_the_interval_of_rain_contains_the_generated_effect(finished: Workspace, month: str) -> None:
    generated = json.loads((finished.upstream.root / "manifest.json").read_text())["effects"]
    found = duckdb.execute(f"""
        select trip_type, low_pct, effect_pct, high_pct, hours_with, hours_without
        from '{finished.data}/published/metrics/month={month}/weather_effects.parquet' where condition = 'rain'
    """).fetchall()
    assert len(found) == 3
    for trip_type, low, effect, high, hours_with, hours_without in found:
        truth = 100 * (generated[{"fhv": "fhv_taxi"}.get(trip_type, trip_type)]["rain"] - 1)
        assert hours_with >= 8 and hours_without >= 8
        assert low < effect < high
        assert low < truth < high, f"{trip_type}: {truth} is not in {low} to {high}"


def test_mf_query_returns_the_effects(finished: Workspace) -> None:
    metrics, groups = "rain_effect_pct,snow_effect_pct", "metric_time__month,weather_effect__trip_type"
    ended = finished.command("metrics", "query", "--metrics", metrics, "--group-by", groups)
    assert ended.returncode == 0 and ended.stdout.count("citibike") == 3


@pytest.mark.parametrize(
    ("groups", "where"),
    [
        ([], []),
        (["metric_time__month"], []),
        (["weather_effect__trip_type"], []),
        (["metric_time__quarter", "weather_effect__trip_type"], []),
        (["metric_time__month"], ["{{ Dimension('weather_effect__trip_type') }} <> 'fhv'"]),
    ],
)
def test_no_query_returns_a_mean_of_effects(finished: Workspace, groups: list[str], where: list[str]) -> None:
    found = queried_effects(finished, groups, where)
    assert found and all(values == (None,) * 15 for values in found.values())


def test_an_effect_of_one_month_and_mode_is_as_it_was_estimated(finished: Workspace) -> None:
    estimated = finished.query("""
        select source_month::timestamp, trip_type::varchar, effect_pct, low_pct, high_pct
        from core.weather_effects
        order by list_position(['rain', 'snow', 'cold', 'heat', 'adverse'], condition)
    """)
    expected: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    for month, mode, *values in estimated:
        expected[month, mode] = (*expected.get((month, mode), ()), *values)
    found = queried_effects(finished, ["metric_time__month", "weather_effect__trip_type"])
    assert found == expected and len(found) == 9
    assert sum(value is not None for values in found.values() for value in values) > 50
    of_one_mode = ["{{ Dimension('weather_effect__trip_type') }} = 'citibike'"]
    by_month = queried_effects(finished, ["metric_time__month"], of_one_mode)
    assert by_month == {(month,): values for (month, mode), values in found.items() if mode == "citibike"}


def queried_effects(finished: Workspace, groups: list[str], where: Sequence[str] = ()) -> dict[tuple[Any, ...], Any]:
    """The 15 metrics of effects and of the bounds of their intervals, by the groups."""
    metrics = [name for name in definitions() if re.fullmatch(r"[a-z]+_effect(_low|_high)?_pct", name)]
    sql = compiled(finished, metric_names=metrics, group_by_names=groups, where_constraints=where)
    rows, count = finished.query(f"select {columns(groups, metrics)} from ({sql})"), len(groups)
    return {row[:count]: row[count:] for row in rows}
