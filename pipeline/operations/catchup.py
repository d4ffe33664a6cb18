"""The verb catchup: brings in whatever has been published, and reports what is missing or late."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime

from pipeline.history import alerts
from pipeline.history.runs import LAST_CATCHUP
from pipeline.operations import run
from pipeline.paths import atomic_write, data_folder
from pipeline.process import run_id
from pipeline.sources import Source
from pipeline.tasks import selection
from pipeline.tasks.base import begin_run
from pipeline.tasks.settings import mobility

ALL_ASKED = {0, run.MISSING_DATA, run.TASK_FAILED}
"""Exit codes of runs in which every publisher was asked."""
Missing = list[tuple[Source, date]]


def catchup(start: date | None, newest_first: bool, options: Sequence[str]) -> int:
    """Runs what may have been published since ``start``, by default that of luigi.cfg; returns the exit code."""
    from pipeline.tasks.upkeep import CatchUp

    begin_run(mobility().least_free_gb)
    arguments = ["--start", f"{start:%Y-%m}"] if start else []
    arguments += ["--newest-first"] if newest_first else []
    code = run.run(["CatchUp", *arguments, *options])
    if code in run.NOTHING_DONE:
        return code
    task = CatchUp(**({"start": start} if start else {}))
    today = date.today()
    missing = [(source, month) for source, month in task.missing() if is_missing(source, month, code, today)]
    print("\n".join(messages(missing, today)) or "nothing is missing")
    record(code, missing)
    alerts.send(alerts.alerts_for_late_sources(missing, today))
    alerts.send_for_failure_rate()
    return code


def is_missing(source: Source, month: date, code: int, today: date) -> bool:
    """Whether the publisher does not have the month, as the run has found out, or cannot have it yet."""
    if source.expected(month)[0] > today:
        return True
    return code in ALL_ASKED and not selection.is_published(source, month)


def messages(missing: Missing, today: date) -> Iterator[str]:
    """One line for each missing month of a source."""
    for source, month in missing:
        soonest, latest = source.expected(month)
        if today > latest:
            yield f"{month:%Y-%m} {source.name}: late, usually published by {latest}"
        elif today >= soonest:
            yield f"{month:%Y-%m} {source.name}: not published yet, expected by {latest}"
        else:
            yield f"{month:%Y-%m} {source.name}: not requested, expected from {soonest}"


def record(code: int, missing: Missing) -> None:
    """Records this run of catchup, for the verbs health (the timer works) and status (what is late)."""
    facts = {
        "run": run_id(),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "code": code,
        "missing": [{"source": source.name, "month": f"{month:%Y-%m}"} for source, month in missing],
    }
    with atomic_write(data_folder() / LAST_CATCHUP) as part:
        part.write_text(json.dumps(facts, indent=1) + "\n")
