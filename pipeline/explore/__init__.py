"""Marts -> files from which a browser answers questions about metrics, exactly as MetricFlow does.

For each month additive parts of the measures, by hours, zones, stations and trip types; for all months a catalogue,
which says how metrics are made of measures. Both are derived from dbt's semantic_manifest.json.
"""

from pipeline.explore.catalogue import catalogue
from pipeline.explore.cubes import Marts, cubes_of_month
from pipeline.explore.estimates import estimates_of_month, pooled_estimates
from pipeline.explore.files import catalogue_file, month_file, zones_file
from pipeline.explore.zones import shapes

__all__ = [
    "Marts",
    "catalogue",
    "catalogue_file",
    "cubes_of_month",
    "estimates_of_month",
    "month_file",
    "pooled_estimates",
    "shapes",
    "zones_file",
]
