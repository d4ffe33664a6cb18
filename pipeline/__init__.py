"""NYC mobility & weather analytics: ``luigi --module pipeline RunMonth --month 2024-01``."""

from pipeline.tasks import command_line, events, luigi_log, preloading  # noqa: F401  # change what Luigi does
from pipeline.tasks.describe import CompileMetrics, Describe
from pipeline.tasks.month import Explore, Judge, Measure, Publish, Report, RunMonth, Transform, Validate
from pipeline.tasks.parameters import RangeMonthly
from pipeline.tasks.scheduler import exit_on_error
from pipeline.tasks.settings import read_settings
from pipeline.tasks.source import CheckForReissue, Convert, Download, Load, Published
from pipeline.tasks.upkeep import CatchUp, RebuildMonths, Refresh, WeatherSoFar
from pipeline.tasks.upload import Upload

__all__ = [
    "CatchUp",
    "CheckForReissue",
    "CompileMetrics",
    "Convert",
    "Describe",
    "Download",
    "Explore",
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
    "Upload",
    "Validate",
    "WeatherSoFar",
]

exit_on_error(read_settings)
