"""Fixtures of several rooms."""

from tests.unit.quality.small_warehouse import suites, warehouse

__all__ = ["suites", "warehouse"]
