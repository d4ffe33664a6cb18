"""How much of the running step is done.

As with logging, code reports progress without knowing who listens, so that no function passes a listener on.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Progress = Callable[[int, int], None]
"""Called with what is done and the total; the total is 0 where it is unknown."""

_listeners: list[Progress] = []


def report(done: int, total: int) -> None:
    """Calls the innermost listener, if there is one."""
    for listener in _listeners[-1:]:
        listener(done, total)


def counter(total: int) -> Callable[[], None]:
    """Returns a function that reports, at each call, that one more of the total is done."""
    done = 0

    def count() -> None:
        nonlocal done
        done += 1
        report(done, total)

    return count


@contextmanager
def listening(listener: Progress) -> Iterator[None]:
    """Calls the listener with what the block reports."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)
