"""Runs -> history: one entry of JSON for every task that was run, in ``data/runs/<YYYY-MM>.jsonl``.

Several processes may append; lines are never changed. A file has the tasks that ended in its month (UTC). The history
is not in the warehouse, which has one writer and may be missing when a task fails.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from pipeline.database import exactly, in_memory
from pipeline.history.words import subject_of
from pipeline.months import parse_month
from pipeline.paths import append_line

DONE, FAILED, REJECTED, BROKEN = "done", "failed", "rejected", "broken"
"""How a task ended; broken: its dependencies could not be determined."""
LAST_CATCHUP = "runs/last_catchup.json"
"""The record of the last run of the verb catchup, below the data folder: when it ended, and what was missing."""
COLUMNS = {
    "run": "varchar",
    "task": "varchar",
    "task_id": "varchar",
    "source": "varchar",
    "months": "varchar[]",
    "started": "timestamptz",
    "seconds": "double",
    "cpu_seconds": "double",
    "rows": "bigint",
    "bytes": "bigint",
    "peak_bytes": "bigint",
    "outcome": "varchar",
    "error": "varchar",
}


@dataclass(frozen=True)
class TaskRun:
    """One run of a task: rows and bytes of its output, its peak memory, and the message of its error.

    ``cpu_seconds`` are those of its process and of the children that have ended; entries of before 2026-12 lack them.
    """

    run: str
    task: str
    task_id: str
    source: str
    months: tuple[str, ...]
    started: datetime
    seconds: float
    rows: int
    bytes: int
    peak_bytes: int
    outcome: str
    error: str = ""
    cpu_seconds: float | None = None

    @property
    def ended(self) -> datetime:
        return self.started + timedelta(seconds=self.seconds)

    @property
    def label(self) -> str:
        """``Load yellow_taxi 2024-01``"""
        return " ".join(word for word in (self.task, self.source, ", ".join(self.months)) if word)

    @property
    def subject(self) -> str:
        """``2024-01 yellow_taxi``, or the task where it is of no month and source."""
        return subject_of(self.source, map(parse_month, self.months)) or self.task


def append(folder: Path, entry: TaskRun) -> None:
    """Appends the entry to the file of the month in which its task ended. Raises OSError where that is not possible."""
    text = json.dumps(asdict(entry) | {"started": entry.started.isoformat(timespec="milliseconds")})
    append_line(folder / f"{entry.ended:%Y-%m}.jsonl", text)


def read(folder: Path, since: datetime | None = None, condition: str = "true") -> list[TaskRun]:
    """The entries of tasks that ended since then, oldest first; ``condition`` is an SQL condition on COLUMNS.

    An entry that a crash truncated is ignored.
    """
    files = [path for path in sorted(folder.glob("????-??.jsonl")) if not since or path.stem >= f"{since:%Y-%m}"]
    if not files:
        return []
    columns = ", ".join(f"{name}: '{type_}'" for name, type_ in COLUMNS.items())
    with in_memory() as con:
        found = con.execute(
            f"""
            select {", ".join(COLUMNS)} from read_json(
                $files, format = 'newline_delimited', hive_partitioning = false, ignore_errors = true,
                columns = {{{columns}}}
            )
            where started is not null and ({condition})
                and started + seconds * interval 1 second >= coalesce($since, '-infinity'::timestamptz)
            order by started
            """,
            {"files": list(map(exactly, files)), "since": since},
        ).fetchall()
    return [from_row(dict(zip(COLUMNS, row, strict=True))) for row in found]


def steps(folder: Path, months: Sequence[date]) -> dict[date, list[TaskRun]]:
    """The newest successful run of each task and source, by month, in the order in which they started."""
    labels = ", ".join(f"'{month:%Y-%m}'" for month in months)
    entries = read(folder, condition=f"outcome = '{DONE}' and list_has_any(months, [{labels}])")
    newest = {(month, entry.task, entry.source): entry for entry in entries for month in months if is_of(entry, month)}
    return {month: [entry for (of, *_), entry in newest.items() if of == month] for month in months}


def is_of(entry: TaskRun, month: date) -> bool:
    return f"{month:%Y-%m}" in entry.months


def from_row(row: Mapping[str, Any]) -> TaskRun:
    return TaskRun(**{**row, "months": tuple(row["months"] or ()), "started": row["started"].astimezone(UTC)})


def usual_seconds(folder: Path, task: str, source: str, of_last: int, at_least: int) -> float | None:
    """The median seconds per month of the task's last runs; None where there are fewer than ``at_least``."""
    condition = f"task = '{task}' and source = '{source}' and outcome = '{DONE}'"
    seconds = [entry.seconds / max(1, len(entry.months)) for entry in read(folder, condition=condition)][-of_last:]
    return median(seconds) if len(seconds) >= at_least else None


def failure_rate(entries: Sequence[TaskRun]) -> float:
    """The share of tasks that failed."""
    return sum(entry.outcome != DONE for entry in entries) / len(entries) if entries else 0.0
