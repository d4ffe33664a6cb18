"""The verb demo: runs three generated months, served on loopback, through the same tasks as published months."""

import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from pipeline.operations.status import table
from pipeline.sample.generate import DEMO_SOURCES, generate
from pipeline.sample.server import serve

MONTHS = (date(2024, 1, 1), date(2024, 2, 1), date(2024, 3, 1))
ANOMALOUS_MONTHS = (date(2024, 2, 1),)
"""The month with anomalies of real files: stray dates, reversals, duplicates, lines that cannot be read."""


def demo(folder: Path, luigi_options: Sequence[str]) -> int:
    """Runs the demo in its own data folder; returns Luigi's exit code."""
    print(f"generating {len(MONTHS)} months of {', '.join(DEMO_SOURCES)} ...", file=sys.stderr)
    generate(folder / "upstream", MONTHS, anomalous_months=ANOMALOUS_MONTHS)
    with serve(folder / "upstream") as upstream:
        variables = {
            "TLC_URL": upstream.url,
            "CITIBIKE_URL": f"{upstream.url}/tripdata",
            "OPEN_METEO_URL": upstream.url,
            "MOBILITY_SOURCES": ",".join(DEMO_SOURCES),
        }
        months = ["--start", "2024-01", "--stop", "2024-04"]
        task = ["--module", "pipeline", "RangeMonthly", "--of", "RunMonth"]
        luigi = Path(sys.executable).with_name("luigi")
        command: list[str | Path] = [luigi, *task, *months, "--local-scheduler", *luigi_options]
        ended = subprocess.run(command, env=os.environ | variables, check=False)
        code = ended.returncode
    print(
        f"\n{table(date.today())}\n\n{where_to_look(folder)}" if code == 0 else "the demo failed; see the errors above"
    )
    return code


def where_to_look(folder: Path) -> str:
    return f"""the pages      {folder}/reports/index.html
tables         {folder}/published/, as: duckdb -c "from '{folder}/published/fct_trips/*/*.parquet' limit 5"
the warehouse  {folder}/warehouse/nyc_mobility.duckdb
next           ./run.sh month 2024-01, from the real publishers"""
