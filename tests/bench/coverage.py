"""How often the intervals of the effects contain the true effect, in simulated months of each kind."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from pipeline.metrics.effects import use_one_blas_thread

MONTHS = 1500
HEADINGS = ("kind of month", "estimated", "coverage", "±", "excludes 0", "median width", "median df")


def table(path: Path, months: int = MONTHS) -> str:
    """Simulates months, writes the counts as JSON and returns them as a table, in percent.

    ± is the standard error of the coverage: of months with an effect of -30%, or of 0 where it says so.
    """
    lines = dict(zip(("name", *HEADINGS[1:]), HEADINGS, strict=True))
    rows, counts = [list(lines.values())], {}
    for name, found in simulate(months):
        counts[name] = found
        share = found["covering"] / found["estimated"]
        error = (share * (1 - share) / found["estimated"]) ** 0.5
        figures = (found["estimated"] / found["months"], share, error, found["excluding_zero"] / found["estimated"])
        medians = (f"{found['median_width_pct']:.0f}", f"{found['median_df']:.1f}")
        rows.append([name, *(f"{100 * figure:.1f}" for figure in figures), *medians])
        path.write_text(json.dumps(counts, indent=1))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) if index == 0 else cell.rjust(width) for index, (cell, width) in enumerate(cells))
        for cells in (list(zip(row, widths, strict=True)) for row in rows)
    )


def simulate(months: int) -> Iterator[tuple[str, dict[str, float]]]:
    """The counts of each kind of month."""
    use_one_blas_thread()
    from tests.unit.metrics.simulated_months import REGIMES, coverage

    for name, regime in REGIMES.items():
        yield name, asdict(coverage(regime, range(months)))
