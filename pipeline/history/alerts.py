"""What went wrong -> people, by whatever Apprise can reach: Slack, e-mail, a webhook and a hundred others.

``MOBILITY_ALERT_URLS`` holds Apprise's addresses, separated by blanks; without it nothing is told, nothing imported.
They are secrets: no line that is written here holds one. What was told lies in ``data/alerts``, and is not told again
for the same cause within a day. An alert that cannot be sent is logged, and breaks nothing.
"""

import hashlib
import json
import logging
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

from pipeline.errors import Unavailable
from pipeline.history import runs
from pipeline.paths import atomic_write, data_folder
from pipeline.sources import CONFIG, Source, read_yaml

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Rules:
    """What is worth an alert, as config/alerts.yaml says."""

    repeat_after_hours: float
    failure_share: float
    failure_at_least_tasks: int
    slow_seconds: float
    slow_times_usual: float
    slow_of_last_runs: int
    slow_at_least_runs: int
    slow_at_least_seconds: float
    memory_share: float
    timer_silent_hours: float


@dataclass(frozen=True)
class Alert:
    """What people are told; ``cause`` is what it is told of once a day."""

    cause: str
    title: str
    text: str


@cache
def rules() -> Rules:
    return Rules(**read_yaml(CONFIG / "alerts.yaml"))


def addresses() -> list[str]:
    return os.environ.get("MOBILITY_ALERT_URLS", "").split()


def of_task(line: runs.Line, error: BaseException | None) -> None:
    """Tells of a task that failed, or that took too long or too much."""
    if addresses():
        tell(of_outcome(line, error) if error else of_cost(line, rules(), usual_of(line), memory_of_machine()))


def of_outcome(line: runs.Line, error: BaseException) -> Iterator[Alert]:
    if line.outcome == runs.REJECTED:
        yield Alert(f"rejected {line.what}", f"{', '.join(line.months)} is rejected", str(error))
    elif isinstance(error, Unavailable):
        yield Alert(f"unavailable {line.source}", f"{line.source}: upstream does not give it", line.error)
    else:
        yield Alert(f"failed {line.what} {type(error).__name__}", f"{line.what} failed", line.error)


def of_cost(line: runs.Line, bounds: Rules, usual: Callable[[], float | None], memory: int) -> Iterator[Alert]:
    """What a task that is done took too much of: seconds, a month of several being a part of them, or memory."""
    seconds = line.seconds / max(1, len(line.months))
    if seconds > bounds.slow_seconds:
        yield Alert(f"slow {line.what}", f"{line.what} is slow", f"{seconds:,.0f} s, over {bounds.slow_seconds:,.0f} s")
    elif seconds > bounds.slow_at_least_seconds:
        as_usual = usual() or seconds
        if seconds > as_usual * bounds.slow_times_usual:
            yield Alert(f"slow {line.what}", f"{line.what} is slow", f"{seconds:,.0f} s, as a rule {as_usual:,.0f} s")
    if line.peak_bytes > memory * bounds.memory_share:
        share = f"{line.peak_bytes / 1e9:,.1f} of {memory / 1e9:,.1f} GB ({line.peak_bytes / memory:.0%})"
        yield Alert(f"memory {line.task}", f"{line.what} took much memory", share)


def usual_of(line: runs.Line) -> Callable[[], float | None]:
    bounds = rules()
    counts = bounds.slow_of_last_runs, bounds.slow_at_least_runs
    return lambda: runs.usual_seconds(data_folder() / "runs", line.task, line.source, *counts)


def memory_of_machine() -> int:
    """Bytes that there are, or that this process's control group may have where that is less."""
    installed = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with suppress(OSError, ValueError):
        return min(installed, int(Path("/sys/fs/cgroup/memory.max").read_text()))
    return installed


def of_failure_rate(lines: Sequence[runs.Line], bounds: Rules) -> Iterator[Alert]:
    """``lines`` are those of the last day."""
    rate = runs.failure_rate(lines)
    if len(lines) >= bounds.failure_at_least_tasks and rate > bounds.failure_share:
        text = f"{rate:.0%} of {len(lines)} tasks in a day, over {bounds.failure_share:.0%}"
        yield Alert("failure rate", "many tasks fail", text)


def of_late(missing: Iterable[tuple[Source, date]], today: date) -> Iterator[Alert]:
    """One for each source, with all its months."""
    late: dict[str, list[str]] = {}
    for source, month in missing:
        if (days := (today - source.expected(month)[1]).days) > 0:
            late.setdefault(source.name, []).append(f"{month:%Y-%m} by {days} days")
    for name, months in late.items():
        yield Alert(f"late {name}", f"{name} is late", ", ".join(months))


def tell(alerts: Iterable[Alert]) -> list[Alert]:
    """Sends those whose cause was not told of within a day; returns what was sent."""
    urls = addresses()
    return [alert for alert in alerts if urls and tell_once(alert, urls)]


def tell_once(alert: Alert, urls: Sequence[str]) -> bool:
    from filelock import FileLock

    folder = data_folder() / "alerts"
    folder.mkdir(parents=True, exist_ok=True)
    told = folder / f"{hashlib.sha256(alert.cause.encode()).hexdigest()[:16]}.json"
    with FileLock(folder / ".lock"):
        if is_recent(told) or not send(alert, urls):
            return False
        with atomic_write(told) as part:
            part.write_text(json.dumps({"cause": alert.cause, "sent_at": datetime.now(UTC).isoformat()}))
    return True


def is_recent(told: Path) -> bool:
    """A day is one of a clock that may have been set back since: what was told in the future is not recent."""
    with suppress(FileNotFoundError, ValueError, KeyError):
        age = datetime.now(UTC) - datetime.fromisoformat(json.loads(told.read_text())["sent_at"])
        return timedelta(0) <= age < timedelta(hours=rules().repeat_after_hours)
    return False


def send(alert: Alert, urls: Sequence[str]) -> bool:
    """Whether it reached any of the addresses; a line in the log for each that it did not."""
    import apprise

    logging.getLogger("apprise").setLevel(logging.CRITICAL)  # its lines may hold an address
    reached = False
    for number, url in enumerate(urls, start=1):
        service = apprise.Apprise.instantiate(url, suppress_exceptions=True)
        if service is None:
            log.warning("alert not sent: %s; address %d of MOBILITY_ALERT_URLS is none", alert.title, number)
        elif not apprise.Apprise([service]).notify(title=f"nyc-mobility: {alert.title}", body=alert.text):
            log.warning("alert not sent: %s; address %d (%s) refused it", alert.title, number, service.service_name)
        else:
            reached = True
    return reached
