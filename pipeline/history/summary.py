"""The end of a run: what was built, was complete, is missing, was rejected or failed, and where to look."""

import shlex
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from textwrap import TextWrapper

from pipeline.history.runs import BROKEN, DONE, FAILED, REJECTED, TaskRun
from pipeline.history.words import about, duration_text
from pipeline.months import months_text, parse_month
from pipeline.paths import name_of_program, path_for, program
from pipeline.project import PAGES_URL
from pipeline.sources import sources

INDENT = len("complete  ")
Row = tuple[str, str]
"""A label, empty where it is that of the row before, and what it labels."""


@dataclass
class Found:
    """What Luigi found when it scheduled the tasks of a run: complete months, and months that are not published."""

    complete: set[date] = field(default_factory=set)
    unpublished: dict[str, set[date]] = field(default_factory=dict)


found = Found()
"""Of this process's run."""


def rows(entries: Sequence[TaskRun], found: Found, luigis_reason: str, started: datetime, now: datetime) -> list[Row]:
    """The rows of the summary. ``entries`` is the history of the run, and ``luigis_reason`` the last resort.

    The seconds are those of the command, which began at ``started``: its scheduling may take longer than its steps.
    """
    last = list({entry.task_id: entry for entry in entries}.values())  # a task may fail, and then succeed
    done = [entry for entry in last if entry.outcome == DONE]
    built = {parse_month(month) for entry in done if entry.task == "RunMonth" for month in entry.months}
    complete = found.complete - built
    rejected = [entry for entry in last if entry.outcome == REJECTED]
    result: list[Row] = []
    if done:
        steps = f"{len(done)} step{'s' * (len(done) > 1)} in {duration_text((now - started).total_seconds())}"
        result.append(("built", f"{months_text(built)} ({steps})") if built else ("done", steps))
    if complete:
        result.append(("complete", f"{months_text(complete)}{'' if done else ', nothing to do'}"))
    result += labelled("rejected", [without_prefix(entry) for entry in rejected])
    result += (("", override(month)) for month in sorted({month for entry in rejected for month in entry.months}))
    failed = list(failures(last))
    result += labelled("failed", failed)
    if failed:
        result.append(("", f"{command_line(sys.argv)} tries again"))
    result += unpublished(found, now.date())
    if not result:
        result = [("complete", "nothing to do")] if "no failed tasks" in luigis_reason else [("not run", luigis_reason)]
    if result[-1][0] == "not run":
        result.append(("", f"{command_line(sys.argv)} tries again"))
    return [*result, *pages(built | complete, bool(rejected))]


def override(month: str) -> str:
    """What publishes a rejected month."""
    return f"{program()} accept {month} --reason '…' publishes {month} by override"


def command_line(argv: Sequence[str]) -> str:
    """The command as it was typed, without the folder of its program."""
    name = Path(argv[0]).name
    return " ".join([name if name == "luigi" else name_of_program(), *map(shlex.quote, argv[1:])])


def labelled(label: str, texts: Iterable[str]) -> Iterator[Row]:
    """A row for each text, the first one with the label."""
    return ((label if number == 0 else "", text) for number, text in enumerate(texts))


def without_prefix(entry: TaskRun) -> str:
    """``2024-02: why``, of an error that says that the month is rejected."""
    month = entry.months[0]
    return f"{month}: {entry.error.removeprefix(f'{month} is rejected: ')}"


def failures(entries: Iterable[TaskRun]) -> Iterator[str]:
    """The reason of each task that failed; once where several tasks fail for the same."""
    subjects: dict[str, list[str]] = {}
    for entry in entries:
        if entry.outcome in {FAILED, BROKEN}:
            subjects.setdefault(entry.error, []).append(entry.subject)
    return (about(", ".join(dict.fromkeys(names)), error) for error, names in subjects.items())


def unpublished(found: Found, today: date) -> Iterator[Row]:
    """What publishers do not have, by source: late, or not expected yet."""
    late, waiting = [], []
    for name, months in sorted(found.unpublished.items()):
        expected = {month: sources()[name].expected(month)[1] for month in sorted(months)}
        overdue = [month for month, day in expected.items() if day < today]
        pending = [month for month in expected if month not in overdue]
        if overdue:
            late.append(f"{not_yet(name, overdue)}, usually published by {expected[overdue[0]]}")
        if pending:
            waiting.append(f"{not_yet(name, pending)}, expected by {expected[pending[0]]}")
    yield from labelled("late", late)
    yield from labelled("waiting", waiting)
    if late or waiting:
        yield "", f"{command_line(sys.argv)} asks again"


def not_yet(name: str, months: Sequence[date]) -> str:
    """``green_taxi 2024-11 is not published yet``"""
    return f"{name} {months_text(months)} {'is' if len(months) == 1 else 'are'} not published yet"


def pages(months: set[date], is_any_rejected: bool) -> Iterator[Row]:
    """Where to look."""
    page = path_for("reports", min(months) if len(months) == 1 else "index", ".html") if months else None
    checks = path_for("reports/quality", "index", ".html")
    if page and page.exists():
        yield "page", str(page)
    if is_any_rejected and checks.exists():
        yield "checks", str(checks)
    if page and page.exists():
        yield "", f"{program()} serve shows all pages on {PAGES_URL}"


def text(rows: Iterable[Row], columns: int = 0) -> str:
    """The rows with aligned labels: a line each, or wrapped to so many columns."""
    lines = [f"{label:{INDENT}}{what}" for label, what in rows]
    if not columns:
        return "\n".join(lines)
    wrapper = TextWrapper(columns, subsequent_indent=" " * INDENT, break_long_words=False, break_on_hyphens=False)
    return "\n".join("\n".join(wrapper.wrap(line)) for line in lines)


def facts(rows: Iterable[Row]) -> dict[str, list[str]]:
    """The rows as JSON has them: a list by label."""
    result: dict[str, list[str]] = {}
    last = ""
    for label, what in rows:
        last = label or last
        result.setdefault(last, []).append(what)
    return result
