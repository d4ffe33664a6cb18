"""Progress of long work: a bar on a terminal, a line now and then elsewhere; and a number for whoever else asks."""

import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Tell = Callable[[int, int], None]
"""Called with what is done and what there is in all, in bytes; 0 in all where that is not known."""

log = logging.getLogger(__name__)
SECONDS_BETWEEN_LINES = 10


@contextmanager
def shown(title: str, also: Tell) -> Iterator[Tell]:
    """Shows progress under ``title``, and hands it on to ``also``."""
    with bar(title) if sys.stderr.isatty() else lines(title) as tell:
        asked = 0.0

        def both(done: int, total: int) -> None:
            nonlocal asked
            tell(done, total)
            if time.monotonic() - asked > 1:
                asked = time.monotonic()
                also(done, total)

        yield both


@contextmanager
def bar(title: str) -> Iterator[Tell]:
    from tqdm import tqdm

    with tqdm(desc=title, unit="B", unit_scale=True, dynamic_ncols=True, leave=False) as meter:

        def tell(done: int, total: int) -> None:
            meter.total = total or None
            meter.update(done - meter.n)

        yield tell


@contextmanager
def lines(title: str) -> Iterator[Tell]:
    began = said = time.monotonic()

    def tell(done: int, total: int) -> None:
        nonlocal said
        now = time.monotonic()
        if now - said < SECONDS_BETWEEN_LINES:
            return
        said = now
        share = f" of {total / 1e6:,.1f} MB ({100 * done / total:.0f} %)" if total else " MB"
        log.info("%s: %.1f%s, %.1f MB/s", title, done / 1e6, share, done / 1e6 / (now - began))

    yield tell
