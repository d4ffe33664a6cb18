"""Marts -> metrics of a month: the results of MetricFlow's saved queries, and the effects of weather."""

from pipeline.metrics.declared import definitions, digest, saved_queries
from pipeline.metrics.export import export, export_pooled
from pipeline.metrics.metricflow import compile_saved_queries

__all__ = ["compile_saved_queries", "definitions", "digest", "export", "export_pooled", "saved_queries"]
