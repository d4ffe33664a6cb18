"""What the semantic layer declares, in dbt/models/core/metrics and semantic_models."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.sources import read_yaml

CORE = Path(__file__).parent.parent.parent / "dbt/models/core"
FOLDERS = ("semantic_models", "metrics")


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
    return {
        name: Metric(name, metric["label"], metric["description"], **metric["config"]["meta"])
        for name, metric in metrics().items()
    }


@cache
def saved_queries() -> dict[str, Any]:
    """The queries that are run for each month, by their names."""
    return {query["name"]: query for file in declared("metrics") for query in file.get("saved_queries", [])}


@cache
def metrics() -> dict[str, Any]:
    """Every metric as it is written down, by its name."""
    return {metric["name"]: metric for file in declared("metrics") for metric in file.get("metrics", [])}


def measures() -> Iterator[dict[str, Any]]:
    """Every measure of every semantic model."""
    models = (model for file in declared("semantic_models") for model in file.get("semantic_models", []))
    return (measure for model in models for measure in model.get("measures", []))


def declared(folder: str) -> Iterator[dict[str, Any]]:
    return (read_yaml(path) for path in sorted((CORE / folder).glob("*.yml")))


@cache
def digest() -> str:
    """What stands for the declarations and for the way of computing: where it changes, metrics are computed anew."""
    files = [path for folder in FOLDERS for path in sorted((CORE / folder).iterdir())]
    files += sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:16]
