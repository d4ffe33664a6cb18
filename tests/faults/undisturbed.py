"""The range that is killed, or whose disk becomes full, and that ends as where nothing disturbs it."""

from datetime import date

from tests.faults.killing import luigi

MONTHS = [date(2024, 1, 1), date(2024, 2, 1)]
SHARED_RIDES = {"citibike": {"in_two_files": 30, "began_month_before": 20}}
"""Rides that stand in two files: what counts in a month depends on the month before."""
RANGE = luigi("RangeMonthly", "--of", "RunMonth", "--start", "2024-01", "--stop", "2024-03")
