"""Month -> findings: Great Expectations evaluates the suites of config/expectations inside DuckDB.

An expectation passes, fails, is an error (it could not be evaluated) or is skipped (it needs a longer history).
"""

from pipeline.quality.acceptance import Acceptance, accept, override_reason
from pipeline.quality.datadocs import files_of, folders_of, write_index
from pipeline.quality.findings import Finding, Verdict
from pipeline.quality.judging import judge

__all__ = [
    "Acceptance",
    "Finding",
    "Verdict",
    "accept",
    "files_of",
    "folders_of",
    "judge",
    "override_reason",
    "write_index",
]
