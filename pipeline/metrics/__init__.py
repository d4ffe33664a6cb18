"""Marts -> metrics of a month: what MetricFlow's saved queries give, and the effect of weather, as Parquet and CSV."""

from pipeline.metrics.declared import definitions, digest
from pipeline.metrics.export import export
from pipeline.metrics.semantics import compiled

__all__ = ["compiled", "definitions", "digest", "export"]
