"""How much of the running step is done: told by whoever knows it and, as with logging, not passed through callers."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Progress = Callable[[int, int], None]
"""Called with what is done and the total; the total is 0 where it is unknown."""

_listeners: list[Progress] = []


def tell(done: int, total: int) -> None:
    """Tells the step that is running, if it listens."""
    for listener in _listeners[-1:]:
        listener(done, total)


def counter(total: int) -> Callable[[], None]:
    """Tells at each call that one more of the total is done."""
    done = 0

    def count() -> None:
        nonlocal done
        done += 1
        tell(done, total)

    return count


@contextmanager
def told_to(listener: Progress) -> Iterator[None]:
    """Has the block tell the listener."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)
