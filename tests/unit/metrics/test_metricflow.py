"""The SQL that MetricFlow compiles saved queries to: a small semantic layer, and the SQL that is expected of it."""

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipeline.metrics.metricflow import DUCKDB_SETTINGS, compile_query, compile_saved_queries, engine_of

EXPECTED = Path(__file__).with_name("by_mode.sql")


def relation(name: str) -> dict[str, str]:
    return {
        "alias": name,
        "schema_name": "core",
        "database": "nyc_mobility",
        "relation_name": f'"nyc_mobility"."core"."{name}"',
    }


def counted(name: str) -> dict[str, Any]:
    return {"name": name, "type": "simple", "type_params": {"measure": {"name": name, "fill_nulls_with": 0}}}


SEMANTICS: dict[str, Any] = {
    "semantic_models": [
        {
            "name": "trips",
            "node_relation": relation("trips_with_hour_attributes"),
            "defaults": {"agg_time_dimension": "pickup_datetime"},
            "entities": [{"name": "trip", "type": "primary", "expr": "trip_id"}],
            "dimensions": [
                {"name": "pickup_datetime", "type": "time", "type_params": {"time_granularity": "hour"}},
                {"name": "trip_type", "type": "categorical"},
            ],
            "measures": [
                {"name": "total_trips", "agg": "sum_boolean", "expr": "not is_adjustment"},
                {"name": "rush_hour_trips", "agg": "sum_boolean", "expr": "not is_adjustment and is_rush_hour"},
            ],
        }
    ],
    "metrics": [
        counted("total_trips"),
        counted("rush_hour_trips"),
        {
            "name": "rush_hour_trip_rate",
            "type": "derived",
            "type_params": {
                "expr": "100 * rush_hour_trips / total_trips",
                "metrics": [{"name": "rush_hour_trips"}, {"name": "total_trips"}],
            },
        },
    ],
    "project_configuration": {
        "time_spine_table_configurations": [],
        "time_spines": [
            {
                "node_relation": relation("time_spine_day"),
                "primary_column": {"name": "day_start", "time_granularity": "day"},
            }
        ],
    },
    "saved_queries": [
        {
            "name": "by_mode",
            "query_params": {
                "metrics": ["total_trips", "rush_hour_trip_rate", "rush_hour_trips"],
                "group_by": ["TimeDimension('metric_time', 'month')", "Dimension('trip__trip_type')"],
            },
        }
    ],
}


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    path = tmp_path / "semantic_manifest.json"
    path.write_text(json.dumps(SEMANTICS))
    return path


def test_a_saved_query_is_compiled_to_the_expected_sql(manifest: Path) -> None:
    """Where another version of MetricFlow writes other SQL, look at it, and write it to by_mode.sql."""
    assert compile_saved_queries(manifest) == {"by_mode": EXPECTED.read_text().rstrip("\n")}


def test_the_sql_runs_with_its_columns_in_the_order_of_the_saved_query() -> None:
    with duckdb.connect(config={**DUCKDB_SETTINGS}) as con:
        con.execute("attach ':memory:' as nyc_mobility; create schema nyc_mobility.core")
        con.execute("""
            create table nyc_mobility.core.by_hour_and_zone as
            select *, 'citibike' as trip_type
            from (values
                (timestamp '2024-01-01 08:00:00', 1, 1),
                (timestamp '2024-01-01 12:00:00', 1, 0)
            ) as t (pickup_datetime, total_trips, rush_hour_trips)
        """)
        result = con.execute(EXPECTED.read_text())
        names = [column[0] for column in result.description]
        assert names == [
            "metric_time__month",
            "trip__trip_type",
            "total_trips",
            "rush_hour_trip_rate",
            "rush_hour_trips",
        ]
        assert [row[1:] for row in result.fetchall()] == [("citibike", 2, 50, 1)]


def test_a_query_with_another_grouping_can_be_compiled() -> None:
    sql = compile_query(engine_of(SEMANTICS), metric_names=["total_trips"], group_by_names=["metric_time__day"])
    assert "DATE_TRUNC('day', pickup_datetime) AS metric_time__day" in sql


def test_stored_sql_is_used_until_the_semantic_layer_changes(manifest: Path) -> None:
    compiled = compile_saved_queries(manifest)
    file = manifest.with_name("saved_queries.json")
    file.write_text(json.dumps(json.loads(file.read_text()) | {"sql": {"by_mode": "select 1"}}))
    assert compile_saved_queries(manifest) == {"by_mode": "select 1"}
    manifest.write_text(json.dumps(SEMANTICS, indent=1))
    assert compile_saved_queries(manifest) == compiled
