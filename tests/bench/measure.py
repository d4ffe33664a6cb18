"""Measure work: seconds, CPU seconds and peak memory, in a process of its own."""

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import astuple, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from pipeline.process import children_peak, cpu_seconds, own_peak
from tests.bench.watch import watch


@dataclass(frozen=True)
class Cost:
    """The cost of some work.

    ``peak_mb`` is the memory of all processes together for a command, and for an engine; for a function and a task, the
    resident memory of the largest process that took part.
    """

    seconds: float
    cpu: float
    peak_mb: float

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.seconds + other.seconds, self.cpu + other.cpu, max(self.peak_mb, other.peak_mb))

    def __rmul__(self, factor: float) -> "Cost":
        return Cost(factor * self.seconds, factor * self.cpu, self.peak_mb)


ZERO = Cost(0, 0, 0)


def median(costs: Sequence[Cost]) -> Cost:
    return Cost(*(statistics.median(values) for values in zip(*map(astuple, costs), strict=True)))


def measure(function: Callable[..., Any], *args: Any) -> tuple[Cost, Any]:
    """Call a function in a process of its own. Returns its cost, without the start of the process, and its result."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_timed_call, function, args).result()


def _timed_call(function: Callable[..., Any], args: Sequence[Any]) -> tuple[Cost, Any]:
    import duckdb  # both sides need it: its import does not count

    assert duckdb
    # Without a terminal: DuckDB would draw a progress bar, because a spawned process looks interactive.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    began, used = time.perf_counter(), cpu_seconds()
    result = function(*args)
    return Cost(time.perf_counter() - began, cpu_seconds() - used, peak_mb()), result


def peak_mb() -> float:
    """The peak memory of this process or its largest child.

    getrusage() cannot be used: its peak of a new process begins with that of its parent.
    """
    return max(own_peak(), children_peak()) / 1e6


def measure_command(command: Iterable[str | Path], environment: Mapping[str, str], log: Path) -> Cost:
    """Run a command, and return the cost of its whole process tree.

    Raises RuntimeError, with the path of the log, where the command fails.
    """
    began = time.perf_counter()
    with log.open("ab") as output:
        process = subprocess.Popen([*command], env=os.environ | environment, stdout=output, stderr=output)
        with watch(process.pid) as used:
            _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}: exit code {process.returncode}; see {log}")
    return Cost(time.perf_counter() - began, usage.ru_utime + usage.ru_stime, used.peak_mb)
