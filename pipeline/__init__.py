"""NYC mobility & weather analytics: ``luigi --module pipeline RunMonth --month 2024-01``."""

from pipeline.parameters import RangeMonthly
from pipeline.source_tasks import Convert, Download, Load, Published
from pipeline.tasks import Judge, Measure, Publish, Report, RunMonth, Transform, Validate

__all__ = [
    "Convert",
    "Download",
    "Judge",
    "Load",
    "Measure",
    "Publish",
    "Published",
    "RangeMonthly",
    "Report",
    "RunMonth",
    "Transform",
    "Validate",
]
