"""Months, as the first day of each: parsing, arithmetic and text."""

from collections.abc import Iterable
from datetime import date

from pipeline.errors import BadInput


def parse_month(text: str) -> date:
    """``2024-01`` as the first day of that month.

    Raises BadInput where the text is not a month.
    """
    try:
        year, month = text.split("-")
        if len(year) == 4 and len(month) == 2:
            return date(int(year), int(month), 1)
    except ValueError:
        pass
    raise BadInput(f"month {text!r}: not a month; write it as YYYY-MM, for example 2024-01")


def add_months(month: date, count: int) -> date:
    """The first day of the month ``count`` months later; earlier where ``count`` is negative."""
    number = month.year * 12 + month.month - 1 + count
    return date(number // 12, number % 12 + 1, 1)


def month_range(first: date, last: date) -> list[date]:
    """Every month from that of the day ``first`` to that of the day ``last``, both inclusive."""
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    return [add_months(first, number) for number in range(count)]


def months_text(months: Iterable[date]) -> str:
    """``2024-01 to 2024-03, 2024-06``: three or more months that follow each other are a range."""
    runs: list[list[date]] = []
    for month in sorted(set(months)):
        if runs and month == add_months(runs[-1][-1], 1):
            runs[-1].append(month)
        else:
            runs.append([month])
    return ", ".join(
        f"{run[0]:%Y-%m} to {run[-1]:%Y-%m}" if len(run) > 2 else ", ".join(f"{month:%Y-%m}" for month in run)
        for run in runs
    )
