"""Fixtures that the tests of quality share."""

from tests.unit.quality.small_warehouse import suites, warehouse, write_suite

__all__ = ["suites", "warehouse", "write_suite"]
