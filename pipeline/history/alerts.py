"""Alerts to people by Apprise: Slack, e-mail, webhooks and other services.

``MOBILITY_ALERT_URLS`` has Apprise URLs, separated by blanks; without it nothing is sent and Apprise is not imported.
The URLs are secrets, and no log line contains one. Sent alerts are recorded in ``data/alerts`` and not repeated for the
same cause within a day. An alert that cannot be sent is logged and does not fail the task.
"""

import hashlib
import json
import logging
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

from pipeline.declarations import CONFIGURATION, file_name, read_declaration
from pipeline.errors import NoSpace, Unavailable, UploadFailed
from pipeline.history import runs
from pipeline.paths import atomic_write, data_folder
from pipeline.process import memory_of_machine
from pipeline.project import CONFIG
from pipeline.sources import Source, read_yaml

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Rules:
    """When alerts are sent, as config/alerts.yaml declares."""

    __pydantic_config__: ClassVar[dict[str, Any]] = CONFIGURATION

    repeat_after_hours: float
    """Hours after which an alert of the same cause is sent again."""
    failure_share: float
    """The share of the last day's tasks that may fail."""
    failure_at_least_tasks: int
    """Fewer tasks in a day cause no alert."""
    slow_seconds: float
    """The seconds that a task may take for each month."""
    slow_times_usual: float
    """The multiple of the median of its last runs that a task may take."""
    slow_of_last_runs: int
    """The number of last runs whose median counts."""
    slow_at_least_runs: int
    """A task with fewer runs has no median, and causes no alert."""
    slow_at_least_seconds: float
    """A task that takes fewer seconds causes no alert, whatever its median."""
    memory_share: float
    """The share of the memory of the machine, or of its control group, that a task may take."""
    timer_silent_hours: float
    """The hours that may pass without a catchup."""


@dataclass(frozen=True)
class Alert:
    """A message; an alert of the same ``cause`` is sent once a day."""

    cause: str
    title: str
    text: str


@cache
def rules() -> Rules:
    """The declared rules. Raises BadInput, in one line that names the file and the field, where one is invalid."""
    path = CONFIG / "alerts.yaml"
    return read_declaration(Rules, read_yaml(path), file_name(path))


def addresses() -> list[str]:
    return os.environ.get("MOBILITY_ALERT_URLS", "").split()


def send_for_task(entry: runs.TaskRun, error: BaseException | None) -> None:
    """Sends the alerts for a task that failed, or that took too long or too much memory."""
    if addresses():
        send(
            alerts_for_outcome(entry, error)
            if error
            else alerts_for_cost(entry, rules(), usual_of(entry), memory_of_machine())
        )


def alerts_for_outcome(entry: runs.TaskRun, error: BaseException) -> Iterator[Alert]:
    """An alert for a task that failed."""
    if entry.outcome == runs.REJECTED:
        yield Alert(f"rejected {entry.label}", f"{', '.join(entry.months)} is rejected", str(error))
    elif isinstance(error, NoSpace):  # every task that writes fails on it
        yield Alert("disk full", "the disk is full or not writable", f"{entry.label} failed: {entry.error}")
    elif isinstance(error, UploadFailed):  # so is every month
        yield upload_failed(f"{', '.join(entry.months)}: {entry.error}")
    elif isinstance(error, Unavailable):
        yield Alert(f"unavailable {entry.source}", f"{entry.source}: not available from its publisher", entry.error)
    else:
        yield Alert(f"failed {entry.label} {type(error).__name__}", f"{entry.label} failed", entry.error)


def upload_failed(text: str) -> Alert:
    """The alert for months that could not be uploaded."""
    return Alert("upload", "months could not be uploaded", text)


def alerts_for_cost(
    entry: runs.TaskRun, bounds: Rules, usual: Callable[[], float | None], memory: int
) -> Iterator[Alert]:
    """Alerts for a finished task that took too many seconds per month, or too much memory."""
    seconds = entry.seconds / max(1, len(entry.months))
    if seconds > bounds.slow_seconds:
        yield Alert(
            f"slow {entry.label}", f"{entry.label} is slow", f"{seconds:,.0f} s, over {bounds.slow_seconds:,.0f} s"
        )
    elif seconds > bounds.slow_at_least_seconds:
        as_usual = usual() or seconds
        if seconds > as_usual * bounds.slow_times_usual:
            yield Alert(f"slow {entry.label}", f"{entry.label} is slow", f"{seconds:,.0f} s, usually {as_usual:,.0f} s")
    if entry.peak_bytes > memory * bounds.memory_share:
        share = f"{entry.peak_bytes / 1e9:,.1f} of {memory / 1e9:,.1f} GB ({entry.peak_bytes / memory:.0%})"
        yield Alert(f"memory {entry.task}", f"{entry.label} used too much memory", share)


def usual_of(entry: runs.TaskRun) -> Callable[[], float | None]:
    """A function that looks up the usual seconds of such a task."""
    bounds = rules()
    counts = bounds.slow_of_last_runs, bounds.slow_at_least_runs
    return lambda: runs.usual_seconds(data_folder() / "runs", entry.task, entry.source, *counts)


def alerts_for_failure_rate(entries: Sequence[runs.TaskRun], bounds: Rules) -> Iterator[Alert]:
    """An alert where too many of the last day's tasks failed."""
    rate = runs.failure_rate(entries)
    if len(entries) >= bounds.failure_at_least_tasks and rate > bounds.failure_share:
        text = f"{rate:.0%} of {len(entries)} tasks in a day, over {bounds.failure_share:.0%}"
        yield Alert("failure rate", "many tasks fail", text)


def alerts_for_late_sources(missing: Iterable[tuple[Source, date]], today: date) -> Iterator[Alert]:
    """One alert for each late source, with all its months."""
    late: dict[str, list[str]] = {}
    for source, month in missing:
        if (days := (today - source.expected(month)[1]).days) > 0:
            late.setdefault(source.name, []).append(f"{month:%Y-%m} by {days} days")
    for name, months in late.items():
        yield Alert(f"late {name}", f"{name} is late", ", ".join(months))


def send_for_failure_rate() -> None:
    """Sends an alert where too many of the last day's tasks failed."""
    if addresses():
        day = runs.read(data_folder() / "runs", datetime.now(UTC) - timedelta(days=1))
        send(alerts_for_failure_rate(day, rules()))


def send(alerts: Iterable[Alert]) -> list[Alert]:
    """Sends the alerts whose cause was not reported within a day; returns those that were sent."""
    urls = addresses()
    return [alert for alert in alerts if urls and send_once(alert, urls)]


def send_once(alert: Alert, urls: Sequence[str]) -> bool:
    """Sends the alert unless its cause was reported within a day; returns whether it was sent.

    Where the disk is full it is sent without a record, and may be sent again.
    """
    record = data_folder() / "alerts" / f"{hashlib.sha256(alert.cause.encode()).hexdigest()[:16]}.json"
    with locked(record.with_name(".lock")):
        if is_recent(record) or not deliver(alert, urls):
            return False
        with suppress(NoSpace), atomic_write(record) as part:
            part.write_text(json.dumps({"cause": alert.cause, "sent_at": datetime.now(UTC).isoformat()}))
    return True


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Locks the file in the block, unless it cannot be created."""
    from filelock import FileLock

    lock = FileLock(file)
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def is_recent(record: Path) -> bool:
    """Whether the record is of the last day. A time in the future, after the clock was set back, is not."""
    with suppress(OSError, ValueError, KeyError):
        age = datetime.now(UTC) - datetime.fromisoformat(json.loads(record.read_text())["sent_at"])
        return timedelta(0) <= age < timedelta(hours=rules().repeat_after_hours)
    return False


def deliver(alert: Alert, urls: Sequence[str]) -> bool:
    """Sends the alert to every address; returns whether one accepted it. Each failure is logged."""
    import apprise

    logging.getLogger("apprise").setLevel(logging.CRITICAL)  # its log lines may contain an address
    reached = False
    for number, url in enumerate(urls, start=1):
        service = apprise.Apprise.instantiate(url, suppress_exceptions=True)
        if service is None:
            log.warning("alert not sent: %s; address %d of MOBILITY_ALERT_URLS is not valid", alert.title, number)
        elif not apprise.Apprise([service]).notify(title=f"nyc-mobility: {alert.title}", body=alert.text):
            log.warning("alert not sent: %s; address %d (%s) refused it", alert.title, number, service.service_name)
        else:
            reached = True
    return reached
