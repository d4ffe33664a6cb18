"""The verb demo: runs three generated months, served on loopback, through the same tasks as published months."""

import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from datetime import date

from pipeline.operations.demo_data import demo_folder, on_demo_data, upstream_folder
from pipeline.operations.status import table
from pipeline.paths import data_folder, program
from pipeline.project import default_data_folder
from pipeline.sample.generate import DEMO_SOURCES, generate

MONTHS = (date(2024, 1, 1), date(2024, 2, 1), date(2024, 3, 1))
ANOMALOUS_MONTHS = (date(2024, 2, 1),)
"""The month with anomalies of real files: stray dates, reversals, duplicates, lines that cannot be read."""
NEXT = {
    "serve --demo": "the pages and the tables, on http://127.0.0.1:8080",
    "report 2024-01 --open --demo": "a month's page, in a browser",
    "status --demo": "this table again",
    "metrics query --metrics total_trips --group-by weather__temp_category --demo": "a metric",
    "month 2024-01": "the same month, from the real publishers",
}
"""Commands to type after the demo, and what they show."""


def demo(luigi_options: Sequence[str]) -> int:
    """Runs the demo in its own data folder; returns Luigi's exit code."""
    print(f"generating {len(MONTHS)} months of {', '.join(DEMO_SOURCES)} ...", file=sys.stderr)
    generate(upstream_folder(), MONTHS, anomalous_months=ANOMALOUS_MONTHS)
    last_lines = where_to_look()
    with on_demo_data():
        command = [sys.executable, "-m", "pipeline", "backfill", "2024-01", "2024-04", *luigi_options]
        code = subprocess.run(command, env=os.environ | {"MOBILITY_SCHEDULER": "local"}, check=False).returncode
        print(f"\n{table(date.today())}\n\n{last_lines}" if code == 0 else "the demo failed; see the errors above")
    return code


def where_to_look() -> str:
    """The paths of the results, and the commands that show them."""
    folder = demo_folder()
    return f"""the pages      {folder}/reports/index.html
tables         {folder}/published/, as: duckdb -c "from '{folder}/published/fct_trips/*/*.parquet' limit 5"
the warehouse  {folder}/warehouse/nyc_mobility.duckdb

Next:
{commands()}"""


def commands() -> str:
    """A line for each command, as it can be typed in this folder; first the data folder, if it is not the usual one."""
    folder = data_folder()
    lines = [] if folder == default_data_folder() else [f"  export MOBILITY_DATA={shlex.quote(str(folder))}"]
    width = max(map(len, NEXT))
    lines += [f"  {program()} {command:{width}}  # {purpose}" for command, purpose in NEXT.items()]
    return "\n".join(lines)
