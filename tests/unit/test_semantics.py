"""What is read of the semantic manifest: models, measures, and how a browser calculates metrics."""

from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipeline.semantics import NotCovered, parsed
from tests.unit.explore.small_layer import given, made_of, semantics_of, simple


def test_models_have_the_expressions_of_their_keys_and_dimensions(tmp_path: Path) -> None:
    found = semantics_of(tmp_path)
    trips = found.models["trips"]
    assert (trips.table, trips.primary, trips.time) == ("trips_with_hour_attributes", "trip", "pickup_datetime")
    assert trips.entities["weather"] == "weather_key" and trips.dimensions == {"trip_type": "trip_type"}
    assert found.models["hourly_mobility"].primary == "hourly"
    assert found.model_of("date").table == "dim_date"
    assert found.dimensions_of("date") == {"date__day_name": "day_name"}
    assert found.measures["mean_miles"].agg == "average"


def test_a_simple_metric_is_its_measure_with_its_filter(tmp_path: Path) -> None:
    found = semantics_of(tmp_path).calculations
    assert found["total_trips"] == {"measure": "total_trips", "fill": 0, "where": []}
    condition = ["=", ["name", "weather__sky"], ["text", "sun"]]
    assert found["sunny_trips"] == {"measure": "total_trips", "fill": 0, "where": [condition]}


def test_ratios_and_derived_metrics_are_calculated_from_metrics(tmp_path: Path) -> None:
    found = semantics_of(tmp_path).calculations
    nullif = ["nullif", ["name", "total_trips"], ["number", 0]]
    assert found["miles_per_trip"]["expr"] == ["/", ["name", "miles"], nullif]
    share = ["/", ["*", ["number", 100], ["name", "sunny_trips"]], nullif]
    assert found["sunny_pct"] == {"expr": share, "inputs": ["sunny_trips", "total_trips"], "where": []}


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("case when a >= 1.5 then b end", ["case", [">=", ["name", "a"], ["number", 1.5]], ["name", "b"], ["null"]]),
        ("a in ('x', 'y')", ["in", ["name", "a"], ["text", "x"], ["text", "y"]]),
        ("a is not null and b <> 2", ["and", ["is not null", ["name", "a"]], ["<>", ["name", "b"], ["number", 2]]]),
    ],
)
def test_an_expression_is_parsed(sql: str, expected: Any) -> None:
    with duckdb.connect() as con:
        assert parsed(con, sql) == expected


@pytest.mark.parametrize("sql", ["a like 'x%'", "sqrt(a)", "cast(a as integer)", "a b c d", "a between 1 and 2"])
def test_an_expression_that_a_browser_cannot_calculate_is_refused(sql: str) -> None:
    with duckdb.connect() as con, pytest.raises(NotCovered):
        parsed(con, sql)


def test_a_metric_that_a_browser_cannot_calculate_is_named_with_the_reason(tmp_path: Path) -> None:
    renamed = made_of("renamed", "derived", expr="a", metrics=[given("total_trips", alias="a")])
    cumulative = made_of("so_far", "cumulative", measure={})
    like = simple("like", "total_trips", None, "{{ Dimension('weather__sky') }} like 's%'")
    found = semantics_of(tmp_path, renamed, cumulative, like, simple("unknown", "balance"))
    assert {*found.not_covered} == {"renamed", "so_far", "like", "unknown"}
    assert "cumulative" in found.not_covered["so_far"] and "total_trips" in found.calculations
