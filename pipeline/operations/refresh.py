"""The verb refresh: replaces files that were re-issued, and rebuilds what was built from them."""

from collections.abc import Sequence

from pipeline.history import alerts
from pipeline.operations import run
from pipeline.tasks.base import begin_run
from pipeline.tasks.settings import mobility


def refresh(newest_months: int, options: Sequence[str]) -> int:
    """Checks the files of the newest months, and brings all months up to date; returns the exit code."""
    begin_run(mobility().least_free_gb)
    code = run.run(["Refresh", "--newest-months", str(newest_months), *options])
    alerts.send_for_failure_rate()
    return code
