"""The verb report: writes a month's page again from what is published."""

import sys
from datetime import date
from pathlib import Path

from pipeline.errors import AlreadyRunning, BadInput
from pipeline.lock import lock
from pipeline.paths import data_folder, path_for
from pipeline.tasks import records, selection
from pipeline.tasks.month import Report


def report(month: date) -> Path:
    """Writes the page and returns its path; beside another run, the page stays as that run wrote it.

    Raises BadInput for a month that is not published.
    """
    if records.record_of("published/metrics", month) is None:
        command = selection.command_to_build(month)
        raise BadInput(f"month {month:%Y-%m}: not published; {command} builds it with its page")
    try:
        lock(data_folder())
        Report(months=(month,), sources=selection.loaded(month)).run()
    except AlreadyRunning as error:
        print(f"{error}; the page is as the last run wrote it", file=sys.stderr)
    return path_for("reports", month, ".html")
