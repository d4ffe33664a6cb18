"""The process: its run, its peak memory, and its end with its parent."""

import atexit
import contextlib
import ctypes
import gc
import os
import signal
import socket
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import NoReturn

PR_SET_PDEATHSIG = 1
"""prctl(2), Linux."""
PRCTL = ctypes.CDLL(None).prctl if sys.platform == "linux" else None
"""Looked up before any fork: after a fork, not even an import is safe."""


def run_id() -> str:
    """The name of this run in receipts, history and logs; child processes inherit it."""
    if "MOBILITY_RUN_ID" not in os.environ:
        host = f"-{socket.gethostname()}" if os.environ.get("MOBILITY_SHARED_AS") else ""
        os.environ["MOBILITY_RUN_ID"] = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{os.getpid()}{host}"
    return os.environ["MOBILITY_RUN_ID"]


def die_with_parent() -> None:
    """Makes the system kill this process when its parent ends, even where the parent is killed."""
    if PRCTL:
        PRCTL(PR_SET_PDEATHSIG, signal.SIGKILL)


_forks: list[None] = []
"""One entry while this process forks another."""


@cache
def interrupt_in_one_line() -> None:
    """Makes Ctrl-C raise KeyboardInterrupt as usual, without what Python prints of it in forked processes, or of forks.

    The first process says what happened. In the functions that Python calls around a fork, an exception is printed and
    lost: it is raised a moment later. The handler is set before processes are forked, as a signal may come at once:
    before multiprocessing has noted that a process is forked, too, so that its id tells it from the first one.
    """
    first = os.getpid()

    def interrupt(*_: object) -> None:
        if _forks:
            signal.setitimer(signal.ITIMER_REAL, 0.01)
            return
        if os.getpid() != first:
            sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115  # the process ends
        raise KeyboardInterrupt

    os.register_at_fork(before=lambda: _forks.append(None), after_in_parent=_forks.clear, after_in_child=_forks.clear)
    for one in (signal.SIGINT, signal.SIGALRM):
        signal.signal(one, interrupt)


@contextlib.contextmanager
def interrupted_later() -> Iterator[None]:
    """Lets Ctrl-C wait for the end of the block.

    Python ends by the signal itself, instead of the exit code, once the exception was raised in a text that ``exec``
    runs, which dataclasses do: whoever catches it cannot change that (3.11).
    """
    came: list[int] = []
    handlers = {
        one: signal.signal(one, lambda number, _: came.append(number)) for one in (signal.SIGINT, signal.SIGALRM)
    }
    try:
        yield
    finally:
        for one, handler in handlers.items():
            signal.signal(one, handler)
        if came:
            signal.raise_signal(came[0])


def end(code: int) -> NoReturn:
    """Ends this process, once what was to be done at its end is done.

    To free all objects of Python takes 0.6 s more after a run (2026-11).
    """
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):  # nobody reads it any more
            stream.flush()
    os._exit(code)


@contextlib.contextmanager
def no_garbage_collection() -> Iterator[None]:
    """Disables cyclic garbage collection in the block: a tenth of the time of Great Expectations, for 10 MB more of
    370 MB of memory (three months, 2026-11).
    """
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


class Peak:
    """Peak memory of this process, or of a child that it waited for, since the instance was created."""

    def __init__(self) -> None:
        if can_reset():
            Path("/proc/self/clear_refs").write_text("5")
        self.children = children_peak()

    @property
    def bytes(self) -> int:
        """In bytes. A child counts only where its peak exceeds that of all before it: the system stores one maximum."""
        children = children_peak()
        return max(own_peak(), children if children > self.children else 0)


def cpu_seconds() -> float:
    """The CPU seconds of this process and of its children that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


@cache
def memory_of_machine() -> int:
    """The bytes of memory of the machine, or of a control group of this process where that is less."""
    installed = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min([installed, *(limit for folder in control_groups("memory") for limit in memory_limits(folder))])


@cache
def cores() -> int:
    """The number of cores that this process may use, by its affinity and by the quotas of its control groups."""
    return min([len(os.sched_getaffinity(0)), *(quota for folder in control_groups("cpu") for quota in quotas(folder))])


def control_groups(controller: str, groups: Path = Path("/proc/self/cgroup")) -> Iterator[Path]:
    """The folders of this process's control group that has the controller, and of those that it is in: cgroups(7).

    A container may see its own group as the uppermost one.
    """
    text = ""
    with contextlib.suppress(OSError):  # only Linux has it
        text = groups.read_text(errors="surrogateescape")
    for _, controllers, path in (line.split(":", 2) for line in text.split("\n") if line.count(":") > 1):
        if not controllers or controller in controllers.split(","):  # of version 2, of version 1
            top = Path("/sys/fs/cgroup", controller if controllers else "")
            folder = top / path.lstrip("/")
            yield from (group for group in (folder, *folder.parents) if group.is_relative_to(top))


def memory_limits(group: Path) -> list[int]:
    """The bytes of memory that a control group may use, if it has a limit: of version 2 or 1."""
    return [int(text) for text in words_in(group, "memory.max", "memory.limit_in_bytes") if text.isdigit()]


def quotas(group: Path) -> list[int]:
    """The cores that a control group may use, rounded up, if it has a quota: microseconds in a period."""
    words = words_in(group, "cpu.max") or words_in(group, "cpu.cfs_quota_us", "cpu.cfs_period_us")
    return [max(1, -(-int(words[0]) // int(words[1])))] if len(words) > 1 and words[0].isdigit() else []


def words_in(group: Path, *names: str) -> list[str]:
    """The words in those of the files that can be read. "max" and -1 stand for no limit."""
    found: list[str] = []
    for name in names:
        with contextlib.suppress(OSError):
            found += (group / name).read_text().split()
    return found


@cache
def can_reset() -> bool:
    return os.access("/proc/self/clear_refs", os.W_OK)


def own_peak() -> int:
    import resource

    try:
        status = Path("/proc/self/status").read_text()
    except FileNotFoundError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) * 1024


def children_peak() -> int:
    import resource

    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
