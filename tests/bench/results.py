"""The results of the benchmarks: their bounds, the printed table and the JSON file."""

import json
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.bench.measure import ZERO, Cost

HEADINGS = ("benchmark", "bound", "ratio", "of CPU", "s", "baseline", "CPU s", "baseline", "peak MB", "")
LEFT_ALIGNED = 2
"""The number of left-aligned columns."""


@dataclass(frozen=True)
class Result:
    """The cost of the pipeline and of the baseline, and the bound for the pipeline.

    The bound is ``factor`` times the baseline plus ``allowance``, which is for start-up, in seconds or in CPU seconds.
    ``max_mb`` is the bound for memory. Sizes on disk are results as well, in megabytes instead of seconds.
    """

    name: str
    pipeline: Cost
    baseline: Cost = ZERO
    factor: float = 0
    allowance: Cost = ZERO
    max_mb: float = 0

    def is_met(self, by_cpu: bool) -> bool:
        bound = self.factor * self.baseline + self.allowance
        in_time = self.pipeline.cpu <= bound.cpu if by_cpu else self.pipeline.seconds <= bound.seconds
        return in_time and (not self.max_mb or self.pipeline.peak_mb <= self.max_mb)

    def bound(self, by_cpu: bool) -> str:
        """The bound as text; empty where there is none."""
        allowance = self.allowance.cpu if by_cpu else self.allowance.seconds
        parts = [f"{self.factor:g} x"] if self.factor else []
        parts += [f"{allowance:.1f} s"] if allowance else []
        return " + ".join(parts) + (f", {self.max_mb:,g} MB" if self.max_mb else "")

    def cells(self, by_cpu: bool) -> list[str]:
        """The cells of the table, in the order of ``HEADINGS``."""
        pipeline, baseline, bound = self.pipeline, self.baseline, self.bound(by_cpu)
        ratios = [ratio(pipeline.seconds, baseline.seconds), ratio(pipeline.cpu, baseline.cpu)]
        costs = [pipeline.seconds, baseline.seconds, pipeline.cpu, baseline.cpu]
        peak = f"{pipeline.peak_mb:,.0f}" if pipeline.peak_mb else ""
        verdict = "" if not bound else "met" if self.is_met(by_cpu) else "NOT met"
        return [self.name, bound, *ratios, *(f"{cost:,.1f}" if cost else "" for cost in costs), peak, verdict]


def ratio(pipeline: float, baseline: float) -> str:
    return f"{pipeline / baseline:.2f}" if baseline else ""


def format_table(results: Sequence[Result], by_cpu: bool) -> str:
    rows = [HEADINGS, *(tuple(result.cells(by_cpu)) for result in results)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if number < LEFT_ALIGNED else cell.rjust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    )


def save(path: Path, results: Sequence[Result], by_cpu: bool, **facts: Any) -> None:
    """Write the results, the machine and other facts as JSON."""
    entries = [asdict(result) | {"bound": result.bound(by_cpu), "met": result.is_met(by_cpu)} for result in results]
    machine = {"machine": platform.platform(), "python": platform.python_version()}
    path.write_text(json.dumps(machine | facts | {"results": entries}, indent=1) + "\n")


def disk_size(*paths: Path) -> Cost:
    """The size of files and folders on disk, in megabytes instead of seconds. A file of two names counts once."""
    files = [file for path in paths for file in (path.rglob("*") if path.is_dir() else [path]) if file.is_file()]
    sizes = {(found.st_dev, found.st_ino): found.st_size for found in (file.stat() for file in files)}
    megabytes = sum(sizes.values()) / 1e6
    return Cost(megabytes, megabytes, 0)
