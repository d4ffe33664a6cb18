"""The saved queries over a month's rollup equal those over its trips."""

import json
from datetime import date

import duckdb

from pipeline.metrics.export import create_rollup, create_views_of_month
from pipeline.metrics.metricflow import compile_query, compile_saved_query, engine_of
from pipeline.metrics.rolled_up import on_rollup
from pipeline.rollup import TABLE
from pipeline.semantics import read_semantics
from tests.conftest import Workspace
from tests.integration.plain_sql import is_same

OF_TRIPS = {"by_station", "per_hour"}
"""Saved queries that read no rollup: the rollup has no stations, and per_hour is of hours."""


def test_saved_queries_over_the_rollup_equal_those_over_the_trips(finished: Workspace) -> None:
    manifest = finished.data / "dbt/target/semantic_manifest.json"
    warehouse = finished.data / "warehouse/nyc_mobility.duckdb"
    declared = json.loads(manifest.read_text())
    of_rollup, of_trips = engine_of(on_rollup(declared)), engine_of(declared)
    names = {query["name"] for query in declared["saved_queries"]}
    assert names > OF_TRIPS
    with duckdb.connect() as con:
        create_views_of_month(con, warehouse, date(2024, 2, 1))
        create_rollup(con, warehouse, read_semantics(manifest))
        for name in sorted(names):
            published = compile_saved_query(of_rollup, of_trips, name)
            plain = compile_query(of_trips, saved_query_name=name)
            assert (TABLE in published, TABLE in plain) == (name not in OF_TRIPS, False), name
            found, expected = (con.sql(f"from ({sql}) order by all") for sql in (published, plain))
            assert (found.columns, found.types) == (expected.columns, expected.types)
            rows, rows_of_trips = found.fetchall(), expected.fetchall()
            assert len(rows) == len(rows_of_trips) > 0
            for row, row_of_trips in zip(rows, rows_of_trips, strict=True):
                assert all(map(is_same, row, row_of_trips)), (name, row, row_of_trips)
