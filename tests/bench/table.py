"""What was measured, as a line each: what is to be reached, and whether it is."""

import json
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.bench.measured import NOTHING, Cost

HEAD = ("what", "at most", "ratio", "of CPU", "s", "bare", "CPU s", "bare", "peak MB", "")


@dataclass(frozen=True)
class Line:
    """A line of the table: what the pipeline took, what the bare side took, and the most that it may take.

    ``times`` the bare side ``plus`` what starts may cost, in seconds and CPU seconds alike; ``most_mb`` of memory.
    Sizes on disk are lines as well, in megabytes for seconds.
    """

    what: str
    ours: Cost
    bare: Cost = NOTHING
    times: float = 0
    plus: Cost = NOTHING
    most_mb: float = 0

    def is_reached(self, by_cpu: bool) -> bool:
        most = self.times * self.bare + self.plus
        in_time = self.ours.cpu <= most.cpu if by_cpu else self.ours.seconds <= most.seconds
        return in_time and (not self.most_mb or self.ours.peak_mb <= self.most_mb)

    def bound(self, by_cpu: bool) -> str:
        plus = self.plus.cpu if by_cpu else self.plus.seconds
        parts = [f"{self.times:g} x"] if self.times else []
        parts += [f"{plus:.1f} s"] if plus else []
        return " + ".join(parts) + (f", {self.most_mb:,g} MB" if self.most_mb else "")

    def cells(self, by_cpu: bool) -> list[str]:
        ratios = [ratio(self.ours.seconds, self.bare.seconds), ratio(self.ours.cpu, self.bare.cpu)]
        costs = [self.ours.seconds, self.bare.seconds, self.ours.cpu, self.bare.cpu]
        spent = [f"{cost:,.1f}" if cost else "" for cost in costs]
        peak = f"{self.ours.peak_mb:,.0f}" if self.ours.peak_mb else ""
        said = "" if not self.bound(by_cpu) else "reached" if self.is_reached(by_cpu) else "NOT reached"
        return [self.what, self.bound(by_cpu), *ratios, *spent, peak, said]


def ratio(ours: float, bare: float) -> str:
    return f"{ours / bare:.2f}" if bare else ""


def printed(lines: Sequence[Line], by_cpu: bool) -> str:
    rows = [HEAD, *(tuple(line.cells(by_cpu)) for line in lines)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) if place < 2 else cell.rjust(width) for place, (cell, width) in enumerate(fitted))
        for fitted in (zip(row, widths, strict=True) for row in rows)
    )


def keep(path: Path, lines: Sequence[Line], by_cpu: bool, **facts: Any) -> None:
    told = [asdict(line) | {"most": line.bound(by_cpu), "reached": line.is_reached(by_cpu)} for line in lines]
    machine = {"machine": platform.platform(), "python": platform.python_version()}
    path.write_text(json.dumps(machine | facts | {"lines": told}, indent=1) + "\n")


def size(*paths: Path) -> Cost:
    """Megabytes on disk, in the place of seconds."""
    files = [file for path in paths for file in (path.rglob("*") if path.is_dir() else [path]) if file.is_file()]
    megabytes = sum(file.stat().st_size for file in files) / 1e6
    return Cost(megabytes, megabytes, 0)
