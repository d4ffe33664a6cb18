"""The SQL that MetricFlow makes of what the semantic layer declares."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.metrics.counting import joined, requests
from pipeline.metrics.declared import digest, saved_queries

if TYPE_CHECKING:
    from metricflow.engine.metricflow_engine import MetricFlowEngine

MODEL_READ = re.compile(r"\b((?:sma|rss)_\d+_cte AS) \(")
"""How MetricFlow's SQL begins what it reads of a semantic model, with measures or without."""


def compiled(manifest: Path) -> dict[str, str]:
    """The SQL of each saved query: what ``mf query --saved-query … --explain`` shows, in parts (counting.py), inlined.

    ``manifest`` is dbt's semantic_manifest.json. What MetricFlow makes of it is kept beside it: to start MetricFlow and
    have it plan takes 3 s, every month, and gives the same until the manifest changes (2026-11).
    """
    made_from = hashlib.sha256(manifest.read_bytes()).hexdigest() + version("metricflow") + digest()
    kept = manifest.with_name("saved_queries.json")
    if kept.exists() and (known := json.loads(kept.read_text()))["made_from"] == made_from:
        return dict(known["sql"])
    planned = iter(plan(manifest, [part for query in saved_queries().values() for part in requests(query)]))
    sql = {
        name: inlined(joined(query, [next(planned) for _ in requests(query)]))
        for name, query in saved_queries().items()
    }
    part = kept.with_suffix(".part")
    part.write_text(json.dumps({"made_from": made_from, "sql": sql}))
    part.replace(kept)
    return compiled(manifest)


def inlined(sql: str) -> str:
    """The same with each model read where it is asked for.

    DuckDB would first make a table of what is read more than once: of every trip of the month all that any metric
    needs, which takes 1.9 GB for 5.6 million trips instead of 0.5, and saves no time (2026-11).
    """
    return MODEL_READ.sub(r"\1 NOT MATERIALIZED (", sql)


def plan(manifest: Path, queries: Iterable[Mapping[str, Any]]) -> list[str]:
    """The SQL that MetricFlow makes of queries, each given by the words of ``MetricFlowQueryRequest.create``."""
    from metricflow.engine.metricflow_engine import MetricFlowQueryRequest

    engine = engine_of(manifest)
    explained = (engine.explain(MetricFlowQueryRequest.create(**query)) for query in queries)
    return [one.sql_statement.without_descriptions.sql for one in explained]


def engine_of(manifest: Path) -> "MetricFlowEngine":
    """MetricFlow without a database: it is asked for SQL alone."""
    from metricflow.engine.metricflow_engine import MetricFlowEngine
    from metricflow.protocols.sql_client import SqlEngine
    from metricflow.sql.render.duckdb_renderer import DuckDbSqlPlanRenderer
    from metricflow_semantics.model.dbt_manifest_parser import parse_manifest_from_dbt_generated_manifest
    from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup

    class Renderer:
        sql_engine_type = SqlEngine.DUCKDB
        sql_plan_renderer = DuckDbSqlPlanRenderer()

    semantics = parse_manifest_from_dbt_generated_manifest(manifest.read_text())
    return MetricFlowEngine(SemanticManifestLookup(semantics), Renderer())  # type: ignore[arg-type]
