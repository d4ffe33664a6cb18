"""Luigi's events -> history and alerts: whatever a task of ours does is written down, and told where it is to be."""

import multiprocessing
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import luigi
from luigi.task import flatten

from pipeline.errors import MobilityError, MonthRejected
from pipeline.history import runs
from pipeline.history.log import is_unfulfilled
from pipeline.paths import data_folder
from pipeline.process import Peak, die_with_parent, run_id
from pipeline.tasks.receipts import Receipt


@dataclass(frozen=True)
class Begun:
    """When a task began, and the memory that it takes from then."""

    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    clock: float = field(default_factory=time.monotonic)
    peak: Peak = field(default_factory=Peak)


_begun: dict[str, Begun] = {}


@luigi.Task.event_handler(luigi.Event.START)
def begun(task: luigi.Task) -> None:
    if multiprocessing.parent_process() is not None:
        die_with_parent()
    _begun[task.task_id] = Begun()


@luigi.Task.event_handler(luigi.Event.PROCESSING_TIME)
def done(task: luigi.Task, _: float) -> None:
    note(task, runs.DONE)


@luigi.Task.event_handler(luigi.Event.FAILURE)
def failed(task: luigi.Task, error: BaseException) -> None:
    if not is_unfulfilled(error):
        note(task, runs.REJECTED if isinstance(error, MonthRejected) else runs.FAILED, error)


@luigi.Task.event_handler(luigi.Event.BROKEN_TASK)
def broken(task: luigi.Task, error: BaseException) -> None:
    note(task, runs.BROKEN, error)


@luigi.Task.event_handler(luigi.Event.PROCESS_FAILURE)
@luigi.Task.event_handler(luigi.Event.TIMEOUT)
def killed(task: luigi.Task, message: str) -> None:
    note(task, runs.FAILED, RuntimeError(message))


def note(task: luigi.Task, outcome: str, error: BaseException | None = None) -> None:
    """Writes down how the task ended, and alerts whom it concerns."""
    from pipeline.history import alerts

    line = line_of(task, outcome, error)
    runs.append(data_folder() / "runs", line)
    alerts.of_task(line, error)


def line_of(task: luigi.Task, outcome: str, error: BaseException | None) -> runs.Line:
    began = _begun.pop(task.task_id, None) or Begun()
    records = [receipt.record for receipt in receipts_of(task)] if outcome == runs.DONE else []
    return runs.Line(
        run=run_id(),
        task=task.task_family,
        task_id=task.task_id,
        source=getattr(task, "source", ""),
        months=tuple(f"{month:%Y-%m}" for month in months_of(task)),
        started=began.at,
        seconds=round(time.monotonic() - began.clock, 3),
        rows=sum(count(record.get("rows")) for record in records),
        bytes=sum(size or 0 for record in records for size in record["files"].values()),
        peak_bytes=began.peak.bytes,
        outcome=outcome,
        error=first_line(error),
    )


def receipts_of(task: luigi.Task) -> Iterator[Receipt]:
    return (target for target in flatten(task.output()) if isinstance(target, Receipt))


def months_of(task: luigi.Task) -> tuple[date, ...]:
    if hasattr(task, "months"):
        return tuple(task.months)
    return (task.month,) if hasattr(task, "month") else ()


def count(rows: Any) -> int:
    """Rows as receipts note them: a number, or one for each table."""
    return sum(map(count, rows.values())) if isinstance(rows, dict) else rows or 0


def first_line(error: BaseException | None) -> str:
    """An error of ours says all in its text; of another the kind matters as well."""
    if error is None:
        return ""
    text = str(error).strip().splitlines()[:1]
    return "".join(text) if isinstance(error, MobilityError) else ": ".join([type(error).__name__, *text])
