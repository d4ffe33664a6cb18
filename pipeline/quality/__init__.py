"""Month -> findings, by Great Expectations, in SQL inside DuckDB: pass, fail and error are three different things."""

from pipeline.quality.findings import Finding, rejecting, verdict
from pipeline.quality.judging import judge

__all__ = ["Finding", "judge", "rejecting", "verdict"]
