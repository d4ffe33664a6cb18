"""What the semantic layer declares (dbt/models/core/metrics and semantic_models), and the SQL that it makes of it."""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.sources import read_yaml

if TYPE_CHECKING:
    from metricflow.engine.metricflow_engine import MetricFlowEngine

CORE = Path(__file__).parent.parent.parent / "dbt/models/core"
FOLDERS = ("semantic_models", "metrics")
MODEL_READ = re.compile(r"\b((?:sma|rss)_\d+_cte AS) \(")
"""How MetricFlow's SQL begins what it reads of a semantic model, with measures or without."""


@dataclass(frozen=True)
class Metric:
    """A declared metric, as people want to know it."""

    name: str
    label: str
    description: str
    category: str
    unit: str
    formula: str


@cache
def definitions() -> dict[str, Metric]:
    """Every declared metric by its name, in the order of its files."""
    found = [metric for file in declared("metrics") for metric in file.get("metrics", [])]
    metrics = [
        Metric(
            name=metric["name"], label=metric["label"], description=metric["description"], **metric["config"]["meta"]
        )
        for metric in found
    ]
    return {metric.name: metric for metric in metrics}


@cache
def saved_queries() -> list[str]:
    """The names of the queries that are run for each month."""
    return [query["name"] for file in declared("metrics") for query in file.get("saved_queries", [])]


def declared(folder: str) -> Iterator[dict[str, Any]]:
    return (read_yaml(path) for path in sorted((CORE / folder).glob("*.yml")))


@cache
def digest() -> str:
    """What stands for the declarations and for the way of computing: where it changes, metrics are computed anew."""
    files = [path for folder in FOLDERS for path in sorted((CORE / folder).iterdir())]
    files += sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:16]


def compiled(manifest: Path) -> dict[str, str]:
    """The SQL of each saved query, as ``mf query --saved-query … --explain`` shows it, but for ``inlined``.

    ``manifest`` is dbt's semantic_manifest.json. What MetricFlow makes of it is kept beside it: to start MetricFlow and
    have it plan takes 3 s, every month, and gives the same until the manifest changes (2026-11).
    """
    made_from = hashlib.sha256(manifest.read_bytes()).hexdigest() + version("metricflow") + digest()
    kept = manifest.with_name("saved_queries.json")
    if kept.exists() and (known := json.loads(kept.read_text()))["made_from"] == made_from:
        return dict(known["sql"])
    sql = map(inlined, plan(manifest, [{"saved_query_name": name} for name in saved_queries()]))
    part = kept.with_suffix(".part")
    part.write_text(json.dumps({"made_from": made_from, "sql": dict(zip(saved_queries(), sql, strict=True))}))
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
