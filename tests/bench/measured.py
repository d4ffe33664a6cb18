"""What a piece of work costs: seconds, CPU seconds and peak memory, of a process that does nothing else."""

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

from pipeline.process import children_peak, own_peak


@dataclass(frozen=True)
class Cost:
    """``peak_mb`` is the resident memory of the largest process that took part."""

    seconds: float
    cpu: float
    peak_mb: float

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.seconds + other.seconds, self.cpu + other.cpu, max(self.peak_mb, other.peak_mb))

    def __rmul__(self, times: float) -> "Cost":
        return Cost(times * self.seconds, times * self.cpu, self.peak_mb)


NOTHING = Cost(0, 0, 0)


def median(costs: Sequence[Cost]) -> Cost:
    return Cost(*(statistics.median(values) for values in zip(*map(astuple, costs), strict=True)))


def alone(work: Callable[..., Any], *given: Any) -> tuple[Cost, Any]:
    """What a function costs in a process of its own, without the start of that process, and what it returns."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(timed, work, given).result()


def timed(work: Callable[..., Any], given: Sequence[Any]) -> tuple[Cost, Any]:
    import duckdb  # before the clock starts: both sides need it

    assert duckdb
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # DuckDB takes a spawned process for a terminal, and draws its bar
    began, used = time.perf_counter(), cpu_seconds()
    result = work(*given)
    return Cost(time.perf_counter() - began, cpu_seconds() - used, peak_mb()), result


def cpu_seconds() -> float:
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def peak_mb() -> float:
    """Of this process and its children; not of its parent, whose peak getrusage hands on to what it starts."""
    return max(own_peak(), children_peak()) / 1e6


def command(words: Iterable[str | Path], environment: Mapping[str, str], log: Path) -> Cost:
    """What a command and all that it starts cost, from its start; raises where it fails, with where it says why."""
    began = time.perf_counter()
    with log.open("ab") as said:
        process = subprocess.Popen([*words], env=os.environ | environment, stdout=said, stderr=said)
        _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(map(str, words))}: exit code {process.returncode}; {log} says why")
    return Cost(time.perf_counter() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1e3)
