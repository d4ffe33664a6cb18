"""``verify --repair``: rebuilds what does not agree with its receipts."""

from collections.abc import Sequence

from pipeline.operations import run
from pipeline.operations.verify import Disagreement, invalidate


def repair(found: Sequence[Disagreement]) -> int:
    """Rebuilds what the disagreements are about; returns the exit code of the first run that failed, else 0."""
    invalidate(found)
    for source, month in (one.load for one in found if one.load):
        if code := run.run(["Load", "--source", source.name, "--month", f"{month:%Y-%m}"]):
            return code
    months = sorted({month for one in found for month in one.months})
    return run.run(["RebuildMonths", "--months", ",".join(f"{month:%Y-%m}" for month in months)]) if months else 0
