"""Months of different feeds in one process, so that dbt starts once; and what came of them."""

import json
from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import Any

from tests.conftest import Place

Feed = tuple[str, date]

# A month is built from whatever is loaded for it: months that ask for the same sources share a start of dbt.
RUN = """
import json, sys, luigi
from datetime import date
from pipeline import Load, Transform
feeds = [(source, date.fromisoformat(month)) for source, month in json.loads(sys.argv[1])]
options = {"local_scheduler": True, "log_level": "WARNING"}
loaded = luigi.build([Load(source=source, month=month) for source, month in feeds], **options)
months = tuple(sorted({month for _, month in feeds}))
sys.exit(0 if loaded and luigi.build([Transform(months=months, sources=("yellow_taxi",))], **options) else 1)
"""


def run_together(place: Place, feeds: Iterable[Feed]) -> None:
    """Load the feeds and build their months, each of which must have yellow taxis; so few rows are not to be judged."""
    ended = place.run("python", "-c", RUN, json.dumps([(source, str(month)) for source, month in feeds]))
    assert ended.returncode == 0, ended.stderr


def by_feed(place: Place, measures: str, relation: str = "core.fct_trips") -> dict[Feed, Any]:
    """What the warehouse gives for each source and month, as a tuple."""
    rows: Any = place.query(f"select source::varchar, source_month, {measures} from {relation} group by all")
    return {(source, month): tuple(values) for source, month, *values in rows}


def counters(place: Place, column: str, relation: str) -> dict[Feed, Counter[Any]]:
    """How many rows of each source and month have which value."""
    rows: Any = place.query(f"select source::varchar, source_month, {column}, count(*) from {relation} group by all")
    found: dict[Feed, Counter[Any]] = {}
    for source, month, value, count in rows:
        found.setdefault((source, month), Counter())[value] = count
    return found
