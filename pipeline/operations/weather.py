"""The verb weather: the hours so far of the months whose weather is not final."""

from collections.abc import Sequence
from datetime import UTC, datetime, time

from pipeline.errors import BadInput
from pipeline.operations import run
from pipeline.tasks.base import begin_run
from pipeline.tasks.settings import mobility


def weather(options: Sequence[str]) -> int:
    """Updates the weather so far, except in the maintenance window; returns the exit code."""
    if is_within(datetime.now(UTC).time(), mobility().maintenance):
        print(f"weather: nothing is downloaded from {mobility().maintenance} UTC ([mobility] maintenance in luigi.cfg)")
        return 0
    begin_run(mobility().least_free_gb)
    return run.run(["WeatherSoFar", *options])


def is_within(now: time, window: str) -> bool:
    """Whether the time is in a window such as ``03:00-04:00``; the end is exclusive.

    A window may include midnight, or be empty. Raises BadInput for anything else.
    """
    if not window:
        return False
    try:
        first, last = map(time.fromisoformat, window.split("-"))
    except ValueError:
        raise BadInput(f"[mobility] maintenance {window!r}: must be written as 03:00-04:00") from None
    return first <= now < last if first <= last else now >= first or now < last
