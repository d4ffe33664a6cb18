"""What is measured with: generated once, kept in a cache folder, served from a process of its own."""

import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from functools import partial
from pathlib import Path

from pipeline.months import add_months
from pipeline.sample.generate import generate
from tests.bench.measured import alone

FIRST = date(2024, 1, 1)
MONTHS = tuple(add_months(FIRST, number) for number in range(6))
NEXT = add_months(FIRST, 6)
"""The month that is added to the six."""
ROWS = {"yellow_taxi": 3_600_000, "fhv_taxi": 1_500_000, "citibike": 500_000}
MANY = {"hvfhv_taxi": 20_000_000}
SMALL = {"yellow_taxi": 200_000, "fhv_taxi": 80_000, "citibike": 30_000}
SMALL_MONTHS = tuple(add_months(FIRST, number) for number in range(-24, 1))
"""Two years, and the month that is added to all of them or to the last two."""
ZONES = ("taxi_zones", "taxi_zone_polygons")


def made(cache: Path, name: str, months: Sequence[date], rows: dict[str, int], scale: float) -> Path:
    """A folder that looks like the publishers' hosts, with so many rows of each source and month, times ``scale``."""
    root = cache / f"{name}-{scale:g}"
    if not root.exists():
        print(f"generating {len(months)} x {sum(rows.values()) * scale:,.0f} rows in {root} ...", file=sys.stderr)
        part = root.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        # In a process of its own: what it takes is nobody's peak of memory.
        alone(partial(generate, part, months, sources=(*rows, "weather", *ZONES), rows=rows, scale=scale))
        part.rename(root)
    return root


@contextmanager
def served(root: Path) -> Iterator[dict[str, str]]:
    """Serves the folder on loopback; gives the environment that leads the pipeline there."""
    words = [sys.executable, "-m", "pipeline.sample", "serve", str(root)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        url = server.stdout.readline().strip()
        try:
            yield {"TLC_URL": url, "CITIBIKE_URL": f"{url}/tripdata", "OPEN_METEO_URL": url}
        finally:
            server.terminate()
