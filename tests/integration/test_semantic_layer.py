"""Every metric equals plain SQL, by several groupings; published metrics equal those of ``mf query``."""

import csv
import json
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipeline.metrics import definitions
from pipeline.metrics.metricflow import compile_queries, parse
from tests.conftest import Workspace

# Conditions on a trip t and its weather w, from times and measurements instead of the dimensions' flags.
HOUR = "hour(t.pickup_datetime)"
WEEKEND = "dayofweek(t.pickup_datetime) in (0, 6)"
RUSH = f"{HOUR} in (7, 8, 17, 18)"
DRY = "w.precipitation_mm = 0"
MILD_WIND = "w.wind_speed_ms < 15"
ADVERSE = "(w.precipitation_mm > 5 or w.temperature_c < -5 or w.temperature_c > 35 or w.wind_speed_ms > 15)"
PLEASANT = f"(w.temperature_c between 15 and 25 and {DRY} and w.wind_speed_ms < 10 and w.cloud_cover_pct < 50)"
CYCLING = f"(w.temperature_c between 10 and 25 and {DRY} and {MILD_WIND})"
RAIN = "(w.rain_mm > 0 or (w.precipitation_mm > 0 and w.snowfall_cm = 0))"
MINUTES = "(epoch(t.dropoff_datetime) - epoch(t.pickup_datetime)) / 60"
BOTH = "(t.trip_distance_miles > 0 and t.dropoff_datetime > t.pickup_datetime)"
PLAUSIBLE = f"""(
    t.trip_distance_miles between 0 and 100 and coalesce(60 * t.trip_distance_miles / nullif({MINUTES}, 0) <= 100, true)
)"""
TIMED = f"({BOTH} and {PLAUSIBLE})"
PAID = f"(t.trip_distance_miles > 0 and t.revenue is not null and {PLAUSIBLE})"
PAID_MILES = f"sum(if(t.is_adjustment, -1, 1) * t.trip_distance_miles) filter ({PAID})"


def count(condition: str = "true") -> str:
    return f"count(*) filter (not t.is_adjustment and {condition})"


def mean(value: str, condition: str = "true") -> str:
    return f"avg({value}) filter (not t.is_adjustment and {condition})"


def total(value: str, condition: str = "true") -> str:
    return f"sum({value}) filter (not t.is_adjustment and {condition})"


def share(condition: str) -> str:
    return f"100.0 * {count(condition)} / nullif({count()}, 0)"


def of(*types: str) -> str:
    return f"t.trip_type in ({', '.join(map(repr, types))})"


def per_day(condition: str) -> str:
    days = f"count(distinct t.pickup_datetime::date) filter (not t.is_adjustment and {condition})"
    return f"({count(condition)} / nullif({days}, 0))"


PLAIN = {
    "total_trips": count(),
    "avg_trip_duration_minutes": mean(MINUTES),
    "median_trip_duration_minutes": f"median({MINUTES}) filter (not t.is_adjustment)",
    "avg_trip_distance_miles": mean("t.trip_distance_miles", PLAUSIBLE),
    "total_trip_distance_miles": total("t.trip_distance_miles", PLAUSIBLE),
    "avg_trip_speed_mph": f"60 * {total('t.trip_distance_miles', TIMED)} / nullif({total(MINUTES, TIMED)}, 0)",
    "total_passengers": total("t.passenger_count"),
    "avg_passengers_per_trip": mean("t.passenger_count"),
    "total_revenue": "sum(t.total_amount)",
    "avg_fare": mean("t.fare_amount"),
    "revenue_per_mile": f"sum(t.revenue) filter ({PAID}) / nullif({PAID_MILES}, 0)",
    "yellow_taxi_trips": count(of("yellow_taxi")),
    "fhv_trips": count(of("fhv")),
    "citibike_trips": count(of("citibike")),
    "yellow_taxi_mode_share_pct": share(of("yellow_taxi")),
    "fhv_mode_share_pct": share(of("fhv")),
    "citibike_mode_share_pct": share(of("citibike")),
    "avg_yellow_taxi_fare": mean("t.fare_amount", of("yellow_taxi")),
    "total_yellow_taxi_revenue": f"sum(t.total_amount) filter ({of('yellow_taxi')})",
    "avg_citibike_duration": mean(MINUTES, of("citibike")),
    "avg_taxi_duration": mean(MINUTES, of("yellow_taxi", "green_taxi")),
    "rush_hour_yellow_taxi_trips": count(f"{of('yellow_taxi')} and {RUSH}"),
    "rush_hour_citibike_trips": count(f"{of('citibike')} and {RUSH}"),
    "weekend_citibike_trips": count(f"{of('citibike')} and {WEEKEND}"),
    "rush_hour_trips": count(RUSH),
    "weekend_trips": count(WEEKEND),
    "weekday_trips": count(f"not {WEEKEND}"),
    "late_night_trips": count(f"{HOUR} in (23, 0, 1, 2, 3, 4)"),
    "business_hours_trips": count(f"{HOUR} between 9 and 16"),
    "rush_hour_trip_rate": share(RUSH),
    "weekend_trip_rate": share(WEEKEND),
    "late_night_trip_rate": share(f"{HOUR} in (23, 0, 1, 2, 3, 4)"),
    "morning_trips": count(f"{HOUR} between 6 and 11"),
    "afternoon_trips": count(f"{HOUR} between 12 and 17"),
    "evening_trips": count(f"{HOUR} between 18 and 21"),
    "night_trips": count(f"{HOUR} in (22, 23, 0, 1, 2, 3, 4, 5)"),
    "avg_weekday_vs_weekend_ratio": f"{per_day(f'not {WEEKEND}')} / nullif({per_day(WEEKEND)}, 0)",
    "rush_hour_vs_non_rush_ratio": f"{count(RUSH)} / nullif({count(f'not ({RUSH})')}, 0)",
    "trips_in_adverse_weather": count(ADVERSE),
    "trips_in_pleasant_weather": count(PLEASANT),
    "trips_in_rain": count(RAIN),
    "trips_in_snow": count("w.snowfall_cm > 0"),
    "citibike_trips_good_cycling_weather": count(f"{of('citibike')} and {CYCLING}"),
    "adverse_weather_trip_rate": share(ADVERSE),
    "rain_impact_on_trips": share(RAIN),
    "trips_in_cold_weather": count("w.temperature_c < 0"),
    "trips_in_hot_weather": count("w.temperature_c >= 30"),
    "trips_in_mild_weather": count("w.temperature_c >= 10 and w.temperature_c < 20"),
    "avg_trip_duration_adverse_weather": mean(MINUTES, ADVERSE),
    "avg_trip_duration_pleasant_weather": mean(MINUTES, PLEASANT),
}
# MetricFlow's groupings, and the same in plain SQL. Trips outside the loaded months have no day in dim_date.
GROUPINGS = {
    "nothing": ([], []),
    "month": (["metric_time__month"], ["date_trunc('month', t.pickup_datetime)"]),
    "mode": (["trip__trip_type"], ["t.trip_type::varchar"]),
    "weekend and day part": (
        ["date__is_weekend", "time__time_of_day"],
        [
            WEEKEND,
            f"case when {HOUR} between 6 and 11 then 'morning' when {HOUR} between 12 and 17 then 'afternoon' "
            f"when {HOUR} between 18 and 21 then 'evening' else 'night' end",
        ],
    ),
    "weather": (["weather__temp_category", "trip__trip_type"], ["w.temp_category", "t.trip_type::varchar"]),
    "boroughs": (
        ["pickup_location__borough", "dropoff_location__borough"],
        [
            "(select borough from core.dim_location where location_key = t.pickup_location_key)",
            "(select borough from core.dim_location where location_key = t.dropoff_location_key)",
        ],
    ),
    "station": (
        ["start_station__station_name"],
        ["(select station_name from core.dim_station where station_key = t.start_station_key)"],
    ),
}
IN_LOADED_MONTHS = "t.pickup_datetime >= '2024-01-01' and t.pickup_datetime < '2024-04-01'"


def test_plain_sql_is_written_for_each_of_the_fifty_metrics() -> None:
    governed = {
        n for n, m in definitions().items() if m.category not in ("building block", "typical trip", "weather effect")
    }
    assert governed == set(PLAIN) and len(PLAIN) == 50
    assert all(metric.unit and metric.formula and metric.description for metric in definitions().values())


@pytest.mark.parametrize("grouping", GROUPINGS)
def test_every_metric_equals_plain_sql(finished: Workspace, grouping: str) -> None:
    names, expressions = GROUPINGS[grouping]
    months = "{{ TimeDimension('metric_time', 'month') }} between '2024-01-01' and '2024-03-31'"
    query = {"metric_names": list(PLAIN), "group_by_names": names, "where_constraints": [months]}
    (sql,) = compile_queries(parse(finished.data / "dbt/target/semantic_manifest.json"), [query])
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


def columns(names: list[str]) -> str:
    return ", ".join([f"{name}::varchar" if name == "trip__trip_type" else name for name in names] + list(PLAIN))


def is_same(value: Any, expected: Any) -> bool:
    if value is None or expected is None:
        return value is expected
    if isinstance(expected, int) and isinstance(value, int):
        return value == expected
    return math.isclose(float(value), float(expected), rel_tol=1e-9)


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


@pytest.mark.parametrize("query", ["headline", "by_borough", "per_hour"])
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
            count(*), count(*) filter ({RAIN}), count(*) filter ({DRY} and w.snowfall_cm = 0)
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


def test_a_saved_query_reads_the_trips_once_for_its_measures_and_once_for_its_derived_metrics(
    finished: Workspace,
) -> None:
    queries = json.loads((finished.data / "dbt/target/saved_queries.json").read_text())["sql"]
    reads = {name: len(re.findall(r'"core"."trips_with_hour_attributes"', sql)) for name, sql in queries.items()}
    assert reads.pop("per_hour") == 0
    assert len(reads) == 7 and set(reads.values()) == {1, 2}
    assert not any(re.search(r"\bWITH\b", sql) for sql in queries.values()), "a table expression is stored in memory"


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("query", "--metrics", "total_tripz"), "total_trips"),
        (("query", "--metrics", "total_trips", "--group-by", "trip__trip_tipe"), "trip__trip_type"),
        (("query", "--metrics", "total_trips", "--month", "2023-05"), "it has 2024-01, 2024-02, 2024-03"),
        (("query", "--metrics", "total_trips", "--month", "2024-13"), "not a month"),
    ],
)
def test_an_unknown_name_or_month_is_refused_with_those_that_exist(
    finished: Workspace, args: tuple[str, ...], message: str
) -> None:
    ended = finished.command("metrics", *args)
    assert ended.returncode != 0
    assert message in ended.stdout + ended.stderr


def test_an_error_about_an_empty_data_folder_names_the_command_to_run(finished: Workspace, tmp_path: Path) -> None:
    ended = Workspace(tmp_path / "data", finished.upstream).command("metrics", "list", "metrics")
    assert ended.returncode == 2 and "./run.sh month" in ended.stderr
    assert not (tmp_path / "data").exists()


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
