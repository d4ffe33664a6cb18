"""The verbs that timers call: what a run of them came to is noted, told in words, and alerted to whom it concerns."""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from pipeline.errors import BadInput
from pipeline.history import alerts
from pipeline.history.runs import history
from pipeline.operations import run
from pipeline.operations.verify import Disagreement, disown
from pipeline.paths import atomic_write, data_folder
from pipeline.process import run_id
from pipeline.sources import Source
from pipeline.tasks import records, selection
from pipeline.tasks.parameters import mobility

ALL_TOLD = {0, 20, 30}
"""Exit codes of runs in which every publisher was asked."""
NOT_RUN = {2, 10}
"""Exit codes of runs that did nothing: what was asked for makes no sense, or another run is at work."""
Missing = list[tuple[Source, date]]


def catchup(start: date | None, newest_first: bool, words: Sequence[str]) -> int:
    """Brings in whatever is published; returns the run's exit code."""
    from pipeline.tasks.upkeep import CatchUp

    records.begin(mobility().least_free_gb)
    first = ["--start", f"{start:%Y-%m}"] if start else []
    code = run.run(["CatchUp", *first, *(["--newest-first"] if newest_first else []), *words])
    if code in NOT_RUN:
        return code
    asked = CatchUp(**({"start": start} if start else {}))
    today = date.today()
    missing = [(source, month) for source, month in asked.missing() if is_missing(source, month, code, today)]
    print("\n".join(in_words(missing, today)) or "nothing is waited for")
    note("catchup", code, missing)
    alerts.tell(alerts.of_late(missing, today))
    tell_of_failures()
    return code


def refresh(newest_months: int, words: Sequence[str]) -> int:
    """Replaces what was re-issued; returns the run's exit code."""
    records.begin(mobility().least_free_gb)
    code = run.run(["Refresh", "--newest-months", str(newest_months), *words])
    tell_of_failures()
    return code


def repair(found: Sequence[Disagreement]) -> int:
    """Makes again what the disagreements are about; returns the exit code of the first run that failed, else 0."""
    records.settle()
    disown(found)
    for source, month in (one.load for one in found if one.load):
        if code := run.run(["Load", "--source", source.name, "--month", f"{month:%Y-%m}"]):
            return code
    months = sorted({month for one in found for month in one.months})
    return run.run(["Again", "--months", ",".join(f"{month:%Y-%m}" for month in months)]) if months else 0


def weather(words: Sequence[str]) -> int:
    """Fetches the weather so far, unless its hour is kept free; returns the run's exit code."""
    if is_within(datetime.now(UTC).time(), mobility().maintenance):
        print(f"weather: nothing is fetched in {mobility().maintenance} UTC ([mobility] maintenance in luigi.cfg)")
        return 0
    records.begin(mobility().least_free_gb)
    return run.run(["WeatherSoFar", *words])


def is_within(now: time, window: str) -> bool:
    """Whether it is in ``03:00-04:00``, the end not in it; the window may lie over midnight, or be empty.

    Raises BadInput for what is no window.
    """
    if not window:
        return False
    try:
        first, last = map(time.fromisoformat, window.split("-"))
    except ValueError:
        raise BadInput(f"[mobility] maintenance {window!r}: no hours; they are written 03:00-04:00") from None
    return first <= now < last if first <= last else now >= first or now < last


def is_missing(source: Source, month: date, code: int, today: date) -> bool:
    """Whether the publisher does not have it, as the run was told, or cannot have it yet."""
    if source.expected(month)[0] > today:
        return True
    return code in ALL_TOLD and not selection.is_published(source, month)


def in_words(missing: Missing, today: date) -> Iterable[str]:
    for source, month in missing:
        soonest, latest = source.expected(month)
        if today > latest:
            yield f"{month:%Y-%m} {source.name}: late, as a rule there by {latest}"
        elif today >= soonest:
            yield f"{month:%Y-%m} {source.name}: not published yet, expected by {latest}"
        else:
            yield f"{month:%Y-%m} {source.name}: not asked for, expected from {soonest} on"


def note(verb: str, code: int, missing: Missing) -> None:
    """Writes down that the verb was run, for whoever asks whether the timers still are."""
    facts = {
        "run": run_id(),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "code": code,
        "missing": [{"source": source.name, "month": f"{month:%Y-%m}"} for source, month in missing],
    }
    with atomic_write(note_of(verb)) as part:
        part.write_text(json.dumps(facts, indent=1) + "\n")


def note_of(verb: str) -> Path:
    return data_folder() / "runs" / f"last_{verb}.json"


def tell_of_failures() -> None:
    """Alerts where too many of the last day's tasks failed."""
    if alerts.addresses():
        day = history(data_folder() / "runs", datetime.now(UTC) - timedelta(days=1))
        alerts.tell(alerts.of_failure_rate(day, alerts.rules()))
