"""Load and transform months of several sources in one process, so that dbt starts once; and read the result."""

import json
from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import Any

from tests.conftest import Workspace

SourceMonth = tuple[str, date]

# Transform uses all loaded sources of its months, so that one task is enough for months with different sources.
LOAD_AND_TRANSFORM = """
import json, sys, luigi
from datetime import date
from pipeline import Load, Transform
source_months = [(source, date.fromisoformat(month)) for source, month in json.loads(sys.argv[1])]
options = {"local_scheduler": True, "log_level": "WARNING"}
loaded = luigi.build([Load(source=source, month=month) for source, month in source_months], **options)
months = tuple(sorted({month for _, month in source_months}))
sys.exit(0 if loaded and luigi.build([Transform(months=months, sources=("yellow_taxi",))], **options) else 1)
"""


def load_and_transform(workspace: Workspace, source_months: Iterable[SourceMonth]) -> None:
    """Load the files and build their months, which must all have yellow taxis. The months are not validated."""
    argument = json.dumps([(source, str(month)) for source, month in source_months])
    ended = workspace.run("python", "-c", LOAD_AND_TRANSFORM, argument)
    assert ended.returncode == 0, ended.stderr


def values_by_source_month(
    workspace: Workspace, expressions: str, relation: str = "core.fct_trips"
) -> dict[SourceMonth, tuple[Any, ...]]:
    """The values of SQL aggregates for each source and month."""
    rows: Any = workspace.query(f"select source::varchar, source_month, {expressions} from {relation} group by all")
    return {(source, month): tuple(values) for source, month, *values in rows}


def counts_by_source_month(workspace: Workspace, column: str, relation: str) -> dict[SourceMonth, Counter[Any]]:
    """The number of rows with each value of a column, for each source and month."""
    rows: Any = workspace.query(
        f"select source::varchar, source_month, {column}, count(*) from {relation} group by all"
    )
    found: dict[SourceMonth, Counter[Any]] = {}
    for source, month, value, count in rows:
        found.setdefault((source, month), Counter())[value] = count
    return found
