"""The base class of all tasks: work on one data folder, which a luigid may serve beside others."""

import hashlib
import logging
import socket
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, suppress
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import luigi
from luigi.rpc import RPCError

from pipeline.errors import BadInput, NoSpace
from pipeline.history.log import rotate
from pipeline.history.progress import progress_text, show_progress
from pipeline.history.view import open_view
from pipeline.history.words import subject_of
from pipeline.lock import lock
from pipeline.luigi_internals import CachedParameters, identify
from pipeline.months import parse_month
from pipeline.paths import data_folder, free_bytes, shared_as
from pipeline.process import interrupt_in_one_line, run_id
from pipeline.progress import Progress
from pipeline.tasks.scheduler import end_in_one_line, exit_on_error, uses_luigid
from pipeline.tasks.settings import engine, mobility

log = logging.getLogger(__name__)

CLOCK_TOLERANCE = timedelta(hours=1)
"""By how much the clock may be behind a file without a warning."""
PER_FOLDER = {"warehouse"}
"""Resources that each data folder has one of."""


class Task(CachedParameters, luigi.Task):
    """A task on a data folder: to a luigid, the same month of another folder is another task."""

    notifies_luigid = True
    action = ""
    """What a log line says of the finished task, with ``rows``, ``size`` and the plural ``s``; empty for no line."""

    doing = ""
    """The same while it runs; empty for a task that does nothing itself."""

    @property
    def title(self) -> str:
        """What the live view calls it while it runs; empty for a task that does nothing itself."""
        return self.doing and (self.doing if self.subject == self.task_family else f"{self.subject}: {self.doing}")

    @property
    def subject(self) -> str:
        """What log lines call it: ``2024-01 citibike``, or its name where it is of no month and source."""
        return subject_of(getattr(self, "source", ""), months_of(self)) or self.task_family

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        run_id()  # set before Luigi forks its workers: their tasks belong to this run
        identify(self, folder_id(exit_on_error(data_folder)))

    def deps(self) -> Any:
        """What ``requires`` returns, flattened. Luigi calls this first of all for a task that is not complete.

        So a run begins here, and this is the only question of Luigi's that has side effects: it locks the data folder,
        and opens the live view.
        An event handler cannot do it, because Luigi logs and swallows the exceptions of event handlers, and a run that
        finds everything complete must not need the lock.
        """
        exit_on_error(begin_run, mobility().least_free_gb)
        sys.excepthook = end_in_one_line
        interrupt_in_one_line()
        open_view()
        return super().deps()

    def notify(self, percent: int | None = None, message: str = "", link: str = "") -> None:
        """Shows progress or a result on luigid's pages. A luigid that cannot be reached is no reason to fail."""
        calls: list[tuple[Any, Any]] = [
            (self.set_progress_percentage, percent),
            (self.set_status_message, message),
            (self.set_tracking_url, link),
        ]
        try:
            for call, value in calls:
                if call and value and self.notifies_luigid:
                    call(value)
        except RPCError as error:
            self.notifies_luigid = False
            log.warning("%s: luigid cannot be notified any more: %s", self, error.args[0])

    def progress(self, unit: str = "B") -> AbstractContextManager[Progress]:
        """Shows how much is done, on the terminal and on luigid's pages."""

        def show_on_luigid(done: int, total: int) -> None:
            message = "" if unit in {"B", "%"} else progress_text(done, total, unit, 0)
            self.notify(percent=round(100 * done / total) if total else None, message=message)

        return show_progress(self.title, show_on_luigid, unit)

    def process_resources(self) -> dict[str, int]:
        """The task's resources, with those of the data folder under a name of their own."""
        suffix = folder_id(data_folder())
        return {f"{name}_{suffix}" if name in PER_FOLDER else name: n for name, n in self.resources.items()}


class AsksAgain(Task):
    """Mixin for a step of several months, of which another month's Transform may outdate one before the step starts.

    Luigi fails all months of a batch where a requirement of one is missing when it starts. It then schedules the batch
    again, but not its months, and nothing that depends on them would run. A batch therefore names no requirements to
    Luigi, and asks for those that are missing itself; upon that, Luigi schedules its months again.
    """

    def deps(self) -> Any:
        found = super().deps()
        return found if len(months_of(self)) == 1 else []

    def run(self) -> Iterator[list[luigi.Task]]:
        if missing := [task for task in luigi.task.flatten(self.requires()) if not task.complete()]:
            yield missing
        self.build()

    def build(self) -> None:
        """What ``run`` does once all requirements are complete."""
        raise NotImplementedError


def months_of(task: luigi.Task) -> tuple[date, ...]:
    """The months that the task is of."""
    if hasattr(task, "months"):
        return tuple(task.months)
    return (task.month,) if hasattr(task, "month") else ()


def begin_run(least_free_gb: float = 0, is_alone: bool = False) -> None:
    """Locks the data folder for this process; the first time, checks the free space and rotates the log.

    The lock is shared by the runs of one luigid in a folder that several machines share, unless the command works
    ``is_alone``. Raises AlreadyRunning where another process has locked it, NoSpace where less is free than a run may
    need, BadInput for an unknown engine.
    """
    if lock(data_folder(), is_shared=bool(shared_as()) and uses_luigid() and not is_alone):
        engine()
        check_space(least_free_gb)
        check_clock()
        rotate()
        import duckdb  # noqa: F401  # once, not in each process that Luigi forks (0.15 s, 2026-11)


def check_space(least_free_gb: float) -> None:
    """Raises NoSpace where less is free on the data folder's disk."""
    free_gb = free_bytes(data_folder()) / 1e9
    if free_gb < least_free_gb:
        raise NoSpace(
            f"{data_folder()}: {free_gb:.1f} GB are free, a run needs {least_free_gb:.1f} GB for a month's files, "
            "its rows and what DuckDB spills; free some space, or lower [mobility] least_free_gb in luigi.cfg"
        )


def check_clock() -> None:
    """Warns where something is stored that is newer than the clock: months that have not begun by it are left out."""
    now = datetime.now(UTC)
    for path, time in written_at():
        if time > now + CLOCK_TOLERANCE:
            log.warning(
                "the clock of this machine says %s, but %s is of %s; if the clock was set back, months are left out",
                f"{now:%Y-%m-%d %H:%M} UTC",
                path.relative_to(data_folder()),
                f"{time:%Y-%m-%d %H:%M} UTC",
            )
            return


def written_at() -> Iterator[tuple[Path, datetime]]:
    """When the histories of runs and the receipts of complete months were written, or their months began."""
    for path in [*data_folder().glob("runs/????-??.jsonl"), *data_folder().glob("complete/????-??.json")]:
        with suppress(FileNotFoundError, BadInput):
            month = datetime.combine(parse_month(path.stem), datetime.min.time(), UTC)
            yield path, max(month, datetime.fromtimestamp(path.stat().st_mtime, UTC))


@cache
def folder_id(folder: Path) -> str:
    """Identifies a data folder: by its path on this machine or, where several machines share it, by its name."""
    return hashlib.sha256((shared_as() or f"{socket.gethostname()}:{folder}").encode()).hexdigest()[:6]
