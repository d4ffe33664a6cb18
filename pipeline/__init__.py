"""NYC mobility & weather analytics: ``luigi --module pipeline RunMonth --month 2024-01``."""

from pipeline.tasks import events  # noqa: F401  # registers the handlers of Luigi's events
from pipeline.tasks.month import Describe, Judge, Measure, Publish, Report, RunMonth, Transform, Validate
from pipeline.tasks.parameters import RangeMonthly
from pipeline.tasks.scheduler import exit_on_error
from pipeline.tasks.settings import read_settings
from pipeline.tasks.source import CheckForReissue, Convert, Download, Load, Published
from pipeline.tasks.upkeep import CatchUp, RebuildMonths, Refresh, WeatherSoFar

__all__ = [
    "CatchUp",
    "CheckForReissue",
    "Convert",
    "Describe",
    "Download",
    "Judge",
    "Load",
    "Measure",
    "Publish",
    "Published",
    "RangeMonthly",
    "RebuildMonths",
    "Refresh",
    "Report",
    "RunMonth",
    "Transform",
    "Validate",
    "WeatherSoFar",
]

exit_on_error(read_settings)
