"""NYC mobility & weather analytics: ``luigi --module pipeline RunMonth --month 2024-01``."""

from pipeline.tasks import events  # noqa: F401  # hears what tasks do
from pipeline.tasks.month import Describe, Judge, Measure, Publish, Report, RunMonth, Transform, Validate
from pipeline.tasks.parameters import RangeMonthly, follow_the_machine
from pipeline.tasks.source import Convert, Download, Load, Published
from pipeline.tasks.upkeep import Again, CatchUp, Reask, Refresh, WeatherSoFar

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
