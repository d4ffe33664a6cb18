"""Luigi's events -> log, run history and alerts: what each task did, and who is notified of it."""

import logging
import multiprocessing
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import luigi
from luigi.task import flatten

from pipeline.errors import MobilityError, MonthRejected
from pipeline.history import runs, view
from pipeline.history.words import about, duration_text, size_text
from pipeline.luigi_internals import is_unfulfilled
from pipeline.paths import data_folder, disk_error_of
from pipeline.printable import printable
from pipeline.process import Peak, cpu_seconds, die_with_parent, run_id
from pipeline.tasks.base import Task, months_of
from pipeline.tasks.receipts import Receipt

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Started:
    """When a task started, and measurements of its CPU time and memory since then."""

    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    clock: float = field(default_factory=time.monotonic)
    cpu: float = field(default_factory=cpu_seconds)
    peak: Peak = field(default_factory=Peak)


_started: dict[str, Started] = {}


@luigi.Task.event_handler(luigi.Event.START)
def task_started(task: luigi.Task) -> None:
    """Starts the measurement, and makes a forked worker end with its parent."""
    if multiprocessing.parent_process() is not None:
        die_with_parent()
    _started[task.task_id] = Started()
    if title := title_of(task):
        view.send(step=title)


@luigi.Task.event_handler(luigi.Event.PROCESSING_TIME)
def task_done(task: luigi.Task, _: float) -> None:
    """Records and logs a task that succeeded."""
    entry = record(task, runs.DONE)
    if isinstance(task, Task) and task.action:
        log.info("%s", message_of(task, entry))


@luigi.Task.event_handler(luigi.Event.FAILURE)
def task_failed(task: luigi.Task, error: BaseException) -> None:
    """Records a task that raised an error, unless Luigi schedules it again."""
    if not is_unfulfilled(error):
        error = disk_error_of(error) or error
        record(task, runs.REJECTED if isinstance(error, MonthRejected) else runs.FAILED, error)


@luigi.Task.event_handler(luigi.Event.BROKEN_TASK)
def task_broken(task: luigi.Task, error: BaseException) -> None:
    """Records a task that could not be scheduled."""
    record(task, runs.BROKEN, error)


@luigi.Task.event_handler(luigi.Event.PROCESS_FAILURE)
@luigi.Task.event_handler(luigi.Event.TIMEOUT)
def task_killed(task: luigi.Task, message: str) -> None:
    """Records and logs a task whose process died."""
    words = message.removeprefix(f"Task {task.task_id} ")
    log.error("%s", about(getattr(task, "subject", str(task)), f"the process of {task.task_family} {words}"))
    record(task, runs.FAILED, RuntimeError(words))


def record(task: luigi.Task, outcome: str, error: BaseException | None = None) -> runs.TaskRun:
    """Appends how the task ended to the run history, and sends the alerts that this causes."""
    from pipeline.history import alerts

    if title := title_of(task):
        view.send(step=title, ended=True)
    entry = entry_of(task, outcome, error)
    with suppress(OSError):  # on a full disk the alert says why the task failed
        runs.append(data_folder() / "runs", entry)
    alerts.send_for_task(entry, error)
    return entry


def entry_of(task: luigi.Task, outcome: str, error: BaseException | None) -> runs.TaskRun:
    """The entry of the run history for a task that ended."""
    started = _started.pop(task.task_id, None) or Started()
    records = [receipt.record for receipt in receipts_of(task)] if outcome == runs.DONE else []
    return runs.TaskRun(
        run=run_id(),
        task=task.task_family,
        task_id=task.task_id,
        source=getattr(task, "source", ""),
        months=tuple(f"{month:%Y-%m}" for month in months_of(task)),
        started=started.at,
        seconds=round(time.monotonic() - started.clock, 3),
        cpu_seconds=round(cpu_seconds() - started.cpu, 3),
        rows=sum(count_rows(record.get("rows")) for record in records),
        bytes=sum(size or 0 for record in records for size in record["files"].values()),
        peak_bytes=started.peak.bytes,
        outcome=outcome,
        error=first_line(error),
    )


def message_of(task: Task, entry: runs.TaskRun) -> str:
    """``2024-01 green_taxi: loaded 56,551 rows in 0.3 s``."""
    done = task.action.format(rows=f"{entry.rows:,}", size=size_text(entry.bytes), s="s" * (len(entry.months) > 1))
    subject = "" if task.subject == task.task_family else f"{task.subject}: "
    return f"{subject}{done} in {duration_text(entry.seconds)}"


def title_of(task: luigi.Task) -> str:
    """What the live view calls the task; empty where it does not show it."""
    return task.title if isinstance(task, Task) else ""


def receipts_of(task: luigi.Task) -> Iterator[Receipt]:
    """The receipts among the task's outputs."""
    return (target for target in flatten(task.output()) if isinstance(target, Receipt))


def count_rows(rows: Any) -> int:
    """Rows as receipts record them: a number, or one for each table."""
    return sum(map(count_rows, rows.values())) if isinstance(rows, dict) else rows or 0


def first_line(error: BaseException | None) -> str:
    """The first line of an error; its class as well where it is not one of ours."""
    if error is None:
        return ""
    text = [printable(line) for line in str(error).strip().splitlines()[:1]]
    return "".join(text) if isinstance(error, MobilityError) else ": ".join([type(error).__name__, *text])
