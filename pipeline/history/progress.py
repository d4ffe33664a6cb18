"""How much of a step is done: in the live view on a terminal, as log lines elsewhere."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from pipeline.history.view import send
from pipeline.history.words import size_text
from pipeline.progress import Progress, listening

log = logging.getLogger(__name__)
SECONDS_BETWEEN_LINES = 10
SECONDS_BETWEEN_ROWS = 0.2


@contextmanager
def show_progress(title: str, report: Progress, unit: str = "B") -> Iterator[Progress]:
    """Shows how much of the step of this title is done, as the block reports it; passes it to ``report`` each second.

    ``unit`` says of what: B is bytes, % a percentage, other units are words as they stand behind a number.
    """
    began = logged = time.monotonic()
    shown = reported = began - SECONDS_BETWEEN_LINES

    def update(done: int, total: int) -> None:
        nonlocal logged, shown, reported
        now = time.monotonic()
        if now - shown >= SECONDS_BETWEEN_ROWS or done == total:
            shown = now
            if send(step=title, done=done, total=total, unit=unit):
                logged = now
        if now - logged >= SECONDS_BETWEEN_LINES:
            logged = now
            log.info("%s, %s", title, progress_text(done, total, unit, now - began))
        if now - reported > 1:
            reported = now
            report(done, total)

    with listening(update):
        yield update


def progress_text(done: int, total: int, unit: str, seconds: float) -> str:
    """``10.0 MB of 40.0 MB (25%), 1.0 MB/s``, ``14 of 143 models and tests``, ``45%``."""
    if unit == "%":
        return f"{done}%"
    if unit != "B":
        return f"{done:,} of {total:,} {unit}" if total else f"{done:,} {unit}"
    share = f" of {size_text(total)} ({100 * done / total:.0f}%)" if total else ""
    return f"{size_text(done)}{share}, {size_text(round(done / seconds))}/s"
