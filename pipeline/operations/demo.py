"""The verb demo: runs three generated months, served on loopback, through the same tasks as published months."""

import os
import shlex
import shutil
import sys
from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path

from pipeline.operations.demo_data import demo_folder, environment, on_demo_data, upstream_folder
from pipeline.operations.run import run
from pipeline.operations.status import table
from pipeline.paths import data_folder, program
from pipeline.project import PAGES_URL, default_data_folder
from pipeline.sample.generate import DEMO_SOURCES, generate
from pipeline.tasks.base import begin_run
from pipeline.tasks.settings import mobility

MONTHS = (date(2024, 1, 1), date(2024, 2, 1), date(2024, 3, 1))
ANOMALOUS_MONTHS = (date(2024, 2, 1),)
"""The month with anomalies of real files: stray dates, reversals, duplicates, lines that cannot be read."""
NEXT = {
    "serve --demo": f"pages and Explore, on {PAGES_URL}",
    "report 2024-01 --open --demo": "a month's page, in a browser",
    "status --demo": "this table again",
    "dbt show --select trips --limit 5 --demo": "rows of a table",
    "metrics query --metrics total_trips --group-by trip__trip_type --demo": "a metric",
    "month 2024-01": "the same month, from the real publishers",
}
"""Commands to type after the demo, and what they show."""
NARROW = 40
"""Columns of a command up to which the purposes of all are aligned."""


def demo(luigi_options: Sequence[str]) -> int:
    """Runs the demo in its own data folder; returns Luigi's exit code.

    Its run begins before the files are generated: raises AlreadyRunning where another one runs, and what else begin_run
    does.
    """
    with environment({"MOBILITY_DATA": str(demo_folder())}):
        begin_run(mobility().least_free_gb)
    print(f"generating {len(MONTHS)} months of {', '.join(DEMO_SOURCES)} ...", file=sys.stderr)
    generate_files(upstream_folder())
    last_lines = where_to_look()
    with on_demo_data():
        os.environ["MOBILITY_SCHEDULER"] = "local"
        words = ["RangeMonthly", "--of", "RunMonth", "--start", "2024-01", "--stop", "2024-04"]
        code = run([*words, *luigi_options])
        if code == 0:
            print(f"\n{table(date.today())}\n\n{last_lines}")
    return code


def generate_files(folder: Path) -> None:
    """Generates the demo's files in the folder, which has all of them or does not exist: ``--demo`` relies on it."""
    part, old = (folder.with_name(f".{folder.name}.{suffix}") for suffix in ("part", "old"))
    for one in (part, old):
        shutil.rmtree(one, ignore_errors=True)
    generate(part, MONTHS, anomalous_months=ANOMALOUS_MONTHS)
    with suppress(FileNotFoundError):
        folder.rename(old)
    part.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def where_to_look() -> str:
    """The folder of the results, and the commands that show them."""
    return f"""data      {demo_folder()}
          published/ has the tables as Parquet, warehouse/ has them for DuckDB

Next:
{commands()}"""


def commands() -> str:
    """A line for each command, as it can be typed in this folder; first the data folder, if it is not the usual one."""
    folder = data_folder()
    lines = [] if folder == default_data_folder() else [f"  export MOBILITY_DATA={shlex.quote(str(folder))}"]
    lines += [f"  {program()} {command:{NARROW}}  # {purpose}" for command, purpose in NEXT.items()]
    return "\n".join(lines)
