"""NYC mobility & weather analytics: ``luigi --module pipeline RunMonth --month 2024-01``."""

from pipeline import events  # noqa: F401  # hears what tasks do
from pipeline.parameters import RangeMonthly, follow_the_machine
from pipeline.source_tasks import Convert, Download, Load, Published
from pipeline.tasks import Describe, Judge, Measure, Publish, Report, RunMonth, Transform, Validate
from pipeline.upkeep_tasks import Again, CatchUp, Reask, Refresh, WeatherSoFar

__all__ = [
    "Again",
    "CatchUp",
    "Convert",
    "Describe",
    "Download",
    "Judge",
    "Load",
    "Measure",
    "Publish",
    "Published",
    "RangeMonthly",
    "Reask",
    "Refresh",
    "Report",
    "RunMonth",
    "Transform",
    "Validate",
    "WeatherSoFar",
]

follow_the_machine()
