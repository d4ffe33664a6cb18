"""Months whose marts one start of dbt builds: several cost less together, but memory grows with their rows."""

from collections.abc import Mapping
from datetime import date

MAX_ROWS = 40_000_000
"""Loaded rows of the months of a batch, unless a single month has more. Six months of 5.6 million trips take 2.6 GB of
memory (2026-11)."""


def batches(rows: Mapping[date, int]) -> list[list[date]]:
    """The months in order, in groups of at most ``MAX_ROWS`` loaded rows."""
    groups: list[list[date]] = []
    for month in sorted(rows):
        if not groups or sum(rows[one] for one in groups[-1]) + rows[month] > MAX_ROWS:
            groups.append([])
        groups[-1].append(month)
    return groups
