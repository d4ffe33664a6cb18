"""The upstreams of the benchmarks: generated once into a cache folder, and served by a process of its own."""

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
from tests.bench.measure import measure

FIRST = date(2024, 1, 1)
MONTHS = tuple(add_months(FIRST, number) for number in range(6))
NEXT = add_months(FIRST, 6)
"""The month that is added to the six."""
ROWS = {"yellow_taxi": 3_600_000, "fhv_taxi": 1_500_000, "citibike": 500_000}
HVFHV_ROWS = {"hvfhv_taxi": 20_000_000}
SMALL_ROWS = {"yellow_taxi": 20_000, "fhv_taxi": 8_000, "citibike": 3_000}
SMALL_MONTHS = tuple(add_months(date(2011, 1, 1), number) for number in range(15 * 12))
"""All months of fifteen years, from the first of yellow taxis; the last is added to the others or to two of them."""
ZONES = ("taxi_zones", "taxi_zone_polygons")


def cached_upstream(cache: Path, name: str, months: Sequence[date], rows: dict[str, int], scale: float) -> Path:
    """The folder of an upstream with ``rows`` times ``scale`` per source and month; generated where it is missing."""
    root = cache / f"{name}-{scale:g}"
    if not root.exists():
        print(f"generating {len(months)} x {sum(rows.values()) * scale:,.0f} rows in {root} ...", file=sys.stderr)
        part = root.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        # In a process of its own, so that its memory is not in the peak of a later measurement.
        measure(partial(generate, part, months, sources=(*rows, "weather", *ZONES), rows=rows, scale=scale))
        part.rename(root)
    return root


@contextmanager
def serve(root: Path) -> Iterator[dict[str, str]]:
    """Serve the folder on loopback. Yields the environment variables with the publishers' addresses."""
    command = [sys.executable, "-m", "pipeline.sample", "serve", str(root)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        url = server.stdout.readline().strip()
        try:
            yield {"TLC_URL": url, "CITIBIKE_URL": f"{url}/tripdata", "OPEN_METEO_URL": url}
        finally:
            server.terminate()
