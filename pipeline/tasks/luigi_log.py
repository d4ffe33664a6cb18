"""Luigi's log lines are lowered to debug level, and its summary of a run is followed by the project's own.

``--log-level DEBUG`` (or ``[core] log_level`` in luigi.cfg) shows Luigi's lines on standard error as well.
"""

import logging
from datetime import UTC, datetime

import luigi
from luigi.interface import core

from pipeline.history import runs, summary
from pipeline.history.view import close_view, terminal_columns
from pipeline.lock import is_held
from pipeline.luigi_internals import LOGGER, NOT_PUBLISHED, SUMMARY, reason_of
from pipeline.paths import data_folder
from pipeline.process import run_id
from pipeline.sources import sources
from pipeline.tasks.month import RunMonth
from pipeline.tasks.source import Published
from pipeline.tasks.upload import Upload

log = logging.getLogger(__name__)
STARTED = datetime.now(UTC)


class LuigisLines(logging.Filter):
    """Lowers Luigi's lines to debug level, except warnings and errors that no handler of an event reports."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = str(record.msg)
        is_lowered = message.startswith(NOT_PUBLISHED) or record.levelno < logging.WARNING
        if is_lowered and core().log_level != "DEBUG":
            record.levelno, record.levelname = logging.DEBUG, "DEBUG"
        if SUMMARY in message:
            log_summary(reason_of(message))
        return True


logging.getLogger(LOGGER).addFilter(LuigisLines())


@Upload.event_handler(luigi.Event.DEPENDENCY_PRESENT)
@RunMonth.event_handler(luigi.Event.DEPENDENCY_PRESENT)
def month_is_complete(task: RunMonth | Upload) -> None:
    """Notes a month that was complete before this run."""
    summary.found.complete.add(task.month)


@Published.event_handler(luigi.Event.DEPENDENCY_MISSING)
def file_is_not_published(task: Published) -> None:
    """Notes and logs a month that the publisher does not have, unless it could not be asked."""
    if task.is_broken:
        return
    summary.found.unpublished.setdefault(task.source, set()).add(task.month)
    if sources()[task.source].expected(task.month)[1] >= datetime.now(UTC).date():  # else a warning says more
        log.info("%s", summary.not_yet(task.source, [task.month]))


summarized: list[runs.TaskRun] = []
"""What the last summary of this process was of."""


def log_summary(reason: str) -> None:
    """Logs the summary of this run; ``reason`` is why it ended as it did, by Luigi.

    Beside other machines Luigi may run several times: a summary that says nothing new is left out.
    """
    folder = data_folder()
    entries = runs.read(folder / "runs", since=STARTED) if is_held(folder) else []
    own = [entry for entry in entries if entry.run == run_id()]
    if own and own == summarized:
        return
    summarized[:] = own
    rows = summary.rows(own, summary.found, reason, STARTED, datetime.now(UTC))
    close_view()
    after_lines = "\n" if own or summary.found.unpublished else ""
    log.info(after_lines + summary.text(rows, terminal_columns()), extra={"summary": summary.facts(rows)})
