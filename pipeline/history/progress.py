"""Progress of long work: a bar on a terminal, log lines elsewhere."""

import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Progress = Callable[[int, int], None]
"""Called with the bytes done and the total; the total is 0 where it is unknown."""

log = logging.getLogger(__name__)
SECONDS_BETWEEN_LINES = 10


@contextmanager
def show_progress(title: str, report: Progress) -> Iterator[Progress]:
    """Shows progress under ``title``, and passes it to ``report`` at most once a second."""
    with bar(title) if sys.stderr.isatty() else lines(title) as update:
        reported_at = 0.0

        def update_both(done: int, total: int) -> None:
            nonlocal reported_at
            update(done, total)
            if time.monotonic() - reported_at > 1:
                reported_at = time.monotonic()
                report(done, total)

        yield update_both


@contextmanager
def bar(title: str) -> Iterator[Progress]:
    from tqdm import tqdm

    with tqdm(desc=title, unit="B", unit_scale=True, dynamic_ncols=True, leave=False) as meter:

        def update(done: int, total: int) -> None:
            meter.total = total or None
            meter.update(done - meter.n)

        yield update


@contextmanager
def lines(title: str) -> Iterator[Progress]:
    began = logged = time.monotonic()

    def update(done: int, total: int) -> None:
        nonlocal logged
        now = time.monotonic()
        if now - logged < SECONDS_BETWEEN_LINES:
            return
        logged = now
        share = f" of {total / 1e6:,.1f} MB ({100 * done / total:.0f}%)" if total else " MB"
        log.info("%s: %.1f%s, %.1f MB/s", title, done / 1e6, share, done / 1e6 / (now - began))

    yield update
