"""What the semantic layer declares, in dbt/models/core/metrics and dbt/models/core/semantic_models."""

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pipeline.project import DBT, PACKAGE
from pipeline.sources import read_yaml

CORE = DBT / "models/core"
FOLDERS = ("semantic_models", "metrics")
BUILDING_BLOCKS = "building_blocks"
"""The file of the metrics that others are made of."""


@dataclass(frozen=True)
class Metric:
    """A metric as ``metrics.json`` and the page of metrics describe it."""

    name: str
    label: str
    description: str
    category: str
    unit: str
    formula: str


@cache
def definitions() -> dict[str, Metric]:
    """Every declared metric by its name, category by category; those that others are made of come last."""
    paths = sorted((CORE / "metrics").glob("*.yml"), key=lambda path: (path.stem == BUILDING_BLOCKS, path.stem))
    files = [read_yaml(path) for path in paths]
    return {
        metric["name"]: Metric(metric["name"], metric["label"], metric["description"], **metric["config"]["meta"])
        for file in files
        for metric in file.get("metrics", [])
    }


@cache
def saved_queries() -> tuple[str, ...]:
    """The names of the declared saved queries."""
    return tuple(query["name"] for query in read_yaml(CORE / "metrics/saved_queries.yml")["saved_queries"])


@cache
def digest() -> str:
    """A digest of the declarations and of the code that computes metrics: where it changes, they are computed again."""
    files = [path for folder in FOLDERS for path in sorted((CORE / folder).iterdir())]
    files += [*sorted(Path(__file__).parent.glob("*.py")), PACKAGE / "rollup.py", PACKAGE / "semantics.py"]
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:16]
