"""The stand-in upstream from the command line: ``python -m pipeline.sample generate ROOT ...`` and ``serve ROOT``."""

import argparse
import contextlib
import threading
import time
from pathlib import Path

from pipeline.months import parse_month
from pipeline.sample.demand import month_after
from pipeline.sample.generate import DEMO_SOURCES, ROWS, generate
from pipeline.sample.server import serve


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m pipeline.sample", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    making = verbs.add_parser("generate", help="write made-up files, laid out as the publishers lay out theirs")
    making.add_argument("root", type=Path)
    making.add_argument("--start", type=parse_month, required=True, metavar="YYYY-MM")
    making.add_argument("--months", type=int, default=1, metavar="N")
    making.add_argument(
        "--dirty", type=parse_month, nargs="*", default=(), metavar="YYYY-MM", help="months that get all known dirt"
    )
    making.add_argument("--scale", type=float, default=1.0, help="times the demo's rows")
    making.add_argument("--sources", nargs="*", choices=(*ROWS, "weather", "taxi_zones"), default=DEMO_SOURCES)
    making.add_argument("--seed", type=int, default=1)
    serving = verbs.add_parser("serve", help="serve them on 127.0.0.1 until interrupted; prints the URL")
    serving.add_argument("root", type=Path)
    serving.add_argument("--port", type=int, default=0, help="0 takes a free one")
    asked = parser.parse_args()
    if asked.verb == "serve":
        serve_until_stopped(asked.root, asked.port)
    else:
        make(asked)


def make(asked: argparse.Namespace) -> None:
    months, began = [asked.start], time.monotonic()
    while len(months) < asked.months:
        months.append(month_after(months[-1]))
    made = generate(
        asked.root, months, sources=asked.sources, scale=asked.scale, anomalous_months=asked.dirty, seed=asked.seed
    )
    for one in made:
        print(f"{one.month:%Y-%m}  {one.source:12} {one.counts['rows']:>10,} rows  {one.file}")
    print(f"{sum(one.counts['rows'] for one in made):,} rows in {time.monotonic() - began:.1f} s")


def serve_until_stopped(root: Path, port: int) -> None:
    with serve(root, port=port) as upstream:
        print(upstream.url, flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
