"""The semantic layer over the rollup: MetricFlow's answers equal those over the trips."""

from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipeline import rollup
from pipeline.metrics.metricflow import compile_query, compile_saved_query, engine_of
from pipeline.metrics.rolled_up import on_rollup
from tests.unit.metrics.trips_layer import LAYER, MEASURES, METRICS, create_trips, semantics_of

GROUPINGS = (
    ["metric_time__month"],
    ["metric_time__day", "trip__trip_type"],
    ["trip__trip_type", "pickup_location"],
    ["metric_time__hour"],
)


@pytest.fixture
def con(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        con.execute("attach ':memory:' as nyc_mobility; create schema nyc_mobility.core")
        create_trips(con, "nyc_mobility.core.trips")
        rolled_up = rollup.query(semantics_of(tmp_path), "nyc_mobility.core.trips")
        con.execute(f"create table nyc_mobility.core.{rollup.TABLE} as {rolled_up}")
        yield con


@pytest.mark.parametrize("groups", GROUPINGS, ids=str)
def test_every_metric_over_the_rollup_equals_that_over_the_trips(
    con: duckdb.DuckDBPyConnection, groups: list[str]
) -> None:
    query: dict[str, Any] = {
        "metric_names": [one["name"] for one in METRICS],
        "group_by_names": groups,
        "order_by_names": groups,
    }
    over_rollup, over_trips = (compile_query(engine_of(one), **query) for one in (on_rollup(LAYER), LAYER))
    assert rollup.TABLE in over_rollup and rollup.TABLE not in over_trips
    found, expected = (con.execute(sql).fetchall() for sql in (over_rollup, over_trips))
    assert found == expected and len(found) > 0


def test_only_medians_and_counts_of_distinct_values_read_the_trips() -> None:
    engine, others = engine_of(on_rollup(LAYER)), ("days", "ids", "median_miles")
    names = [one["name"] for one in METRICS if one["name"] not in others]
    additive = compile_query(engine, metric_names=names, group_by_names=["metric_time__month"])
    assert '"core"."trips"' not in additive
    for name in others:
        assert '"core"."trips"' in compile_query(engine, metric_names=[name], group_by_names=["trip__trip_type"])


@pytest.mark.parametrize("group", ["Entity('start_station')", "Dimension('trip__member_type')"])
def test_a_saved_query_that_groups_by_what_the_rollup_lacks_reads_the_trips(group: str) -> None:
    query = {"name": "by_other", "query_params": {"metrics": ["total_trips"], "group_by": [group]}}
    declared = LAYER | {"saved_queries": [query]}
    sql = compile_saved_query(engine_of(on_rollup(declared)), engine_of(declared), "by_other")
    assert '"core"."trips"' in sql and rollup.TABLE not in sql


def with_changes(measure: dict[str, Any], reference: dict[str, Any], kind: str = "simple") -> dict[str, Any]:
    """The layer with another measure of miles, a mean, and another metric of it."""
    declared = deepcopy(LAYER)
    (model,) = declared["semantic_models"]
    (mean,) = (one for one in model["measures"] if one["name"] == "mean_miles")
    (metric,) = (one for one in declared["metrics"] if one["name"] == "mean_miles")
    declared["metrics"] = [one for one in declared["metrics"] if one["name"] in MEASURES]
    mean |= measure
    metric["type"] = kind
    metric["type_params"]["measure"] |= reference
    return declared


@pytest.mark.parametrize(
    ("measure", "reference", "kind"),
    [
        ({"non_additive_dimension": {"name": "pickup_datetime", "window_choice": "max"}}, {}, "simple"),
        ({"agg_time_dimension": "dropoff_datetime"}, {}, "simple"),
        ({}, {"fill_nulls_with": 0}, "simple"),
        ({}, {"join_to_timespine": True}, "simple"),
        ({}, {"alias": "miles_of_trip"}, "simple"),
        ({}, {}, "cumulative"),
        ({"agg": "sum"}, {}, "cumulative"),
    ],
)
def test_a_measure_that_the_rollup_cannot_answer_stays_with_the_trips(
    measure: dict[str, Any], reference: dict[str, Any], kind: str
) -> None:
    declared = with_changes(measure, reference, kind)
    trips, of_rollup = on_rollup(declared)["semantic_models"]
    assert [one["name"] for one in trips["measures"]] == ["mean_miles", "days", "ids", "median_miles"]
    assert [one["name"] for one in of_rollup["measures"]] == ["total_trips", "miles", "least_miles"]
    assert on_rollup(declared)["metrics"] == declared["metrics"]


def test_the_rollup_answers_by_the_hour_even_if_times_are_declared_to_the_second() -> None:
    declared = deepcopy(LAYER)
    (time,) = (one for one in declared["semantic_models"][0]["dimensions"] if one["type"] == "time")
    time["type_params"]["time_granularity"] = "second"
    _, of_rollup = on_rollup(declared)["semantic_models"]
    assert of_rollup["dimensions"][0]["type_params"]["time_granularity"] == "hour"


def test_the_declared_layer_is_left_as_it_is() -> None:
    before = deepcopy(LAYER)
    on_rollup(LAYER)
    assert before == LAYER
