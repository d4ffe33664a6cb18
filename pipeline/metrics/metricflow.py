"""Saved queries -> the SQL that MetricFlow compiles them to. The SQL is run as it is.

What differs from ``mf query`` is ``OPTIONS`` and ``DUCKDB_SETTINGS``, that most queries read the month's rollup
(rolled_up.py), and that ``export`` has views of one month in the place of the tables.
"""

import hashlib
import json
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.metrics.declared import digest
from pipeline.metrics.rolled_up import on_rollup
from pipeline.paths import atomic_write

if TYPE_CHECKING:
    from metricflow.engine.metricflow_engine import MetricFlowEngine

OPTIONS = {"sql_optimization_level": "O4", "output_column_order_mode": "INPUT_ORDER"}
"""Options of MetricFlow's queries, by the names of their enums' members.

O4: subqueries instead of the common table expressions of the default, O5. DuckDB stores the rows of an expression that
is read twice: of every trip of the month all columns that any metric reads, 1.9 GB of memory for 5.6 million trips
instead of 0.5 (measured before metrics read the rollup, 2026-11). Two saved queries still read the trips twice.
INPUT_ORDER: columns in the order of the saved query. By default the order depends on how MetricFlow joins subqueries.
"""
DUCKDB_SETTINGS = {"disabled_optimizers": "common_subplan"}
"""Settings of the connection that runs the SQL.

common_subplan: DuckDB 2.0 stores the rows of equal subqueries too, 500 MB for 2.2 million trips instead of 270
(2026-11).
"""


def compile_saved_queries(manifest: Path) -> dict[str, str]:
    """The SQL of each saved query by its name, from dbt's semantic_manifest.json.

    The SQL is stored beside the manifest. It is the same for every month, and to start MetricFlow and compile takes 3 s
    (2026-11).
    """
    compiled_from = hashlib.sha256(manifest.read_bytes()).hexdigest() + version("metricflow") + digest()
    stored = manifest.with_name("saved_queries.json")
    if stored.exists() and (found := json.loads(stored.read_text())).get("compiled_from") == compiled_from:
        return dict(found["sql"])
    declared = json.loads(manifest.read_bytes())
    of_rollup, of_trips = map(engine_of, (on_rollup(declared), declared))
    names = [query["name"] for query in declared["saved_queries"]]
    sql = {name: compile_saved_query(of_rollup, of_trips, name) for name in names}
    with atomic_write(stored) as part:
        part.write_text(json.dumps({"compiled_from": compiled_from, "sql": sql}, indent=1))
    return sql


def compile_saved_query(of_rollup: "MetricFlowEngine", of_trips: "MetricFlowEngine", name: str) -> str:
    """The SQL of a saved query, which reads the rollup unless it groups or filters by more than that has."""
    from metricflow_semantics.errors.error_classes import InvalidQueryException

    try:
        return compile_query(of_rollup, saved_query_name=name)
    except InvalidQueryException:
        return compile_query(of_trips, saved_query_name=name)


def compile_query(engine: "MetricFlowEngine", **query: Any) -> str:
    """The SQL of a query, given as arguments of ``MetricFlowQueryRequest.create``."""
    from metricflow.engine.metricflow_engine import MetricFlowQueryRequest, OutputColumnOrderMode
    from metricflow.sql.optimizer.optimization_levels import SqlOptimizationLevel

    request = MetricFlowQueryRequest.create(
        **query,
        sql_optimization_level=SqlOptimizationLevel[OPTIONS["sql_optimization_level"]],
        output_column_order_mode=OutputColumnOrderMode[OPTIONS["output_column_order_mode"]],
    )
    return str(engine.explain(request).sql_statement.without_descriptions.sql)


def engine_of(declared: Mapping[str, Any]) -> "MetricFlowEngine":
    """A MetricFlow engine for what dbt's semantic_manifest.json declares; it compiles to DuckDB's SQL, runs nothing."""
    from metricflow.engine.metricflow_engine import MetricFlowEngine
    from metricflow.protocols.sql_client import SqlEngine
    from metricflow.sql.render.duckdb_renderer import DuckDbSqlPlanRenderer
    from metricflow_semantics.model.dbt_manifest_parser import parse_manifest_from_dbt_generated_manifest
    from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup

    class Client:
        sql_engine_type = SqlEngine.DUCKDB
        sql_plan_renderer = DuckDbSqlPlanRenderer()

    semantics = parse_manifest_from_dbt_generated_manifest(json.dumps(declared))
    return MetricFlowEngine(SemanticManifestLookup(semantics), Client())  # type: ignore[arg-type]
