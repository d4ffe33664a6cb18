"""Saved queries -> the SQL that MetricFlow compiles them to. The SQL is run as it is.

What differs from ``mf query`` is the order of columns, that most queries read the month's rollup (rolled_up.py), and
that ``export`` has views of one month in the place of the tables.
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
    """The SQL of a query, given as arguments of ``MetricFlowQueryRequest.create``.

    Its columns are in the order of the query. By default their order depends on how MetricFlow joins subqueries.
    """
    from metricflow.engine.metricflow_engine import MetricFlowQueryRequest, OutputColumnOrderMode

    request = MetricFlowQueryRequest.create(**query, output_column_order_mode=OutputColumnOrderMode.INPUT_ORDER)
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
