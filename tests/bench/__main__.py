"""Compare the cost of the pipeline with plain DuckDB: ``./run.sh bench``.

The real commands and steps run on generated months, and plain SQL runs on the same months and must give the same rows.
Results hold for one run on one idle machine. On a busy machine use ``--by cpu``, which compares CPU seconds.
"""

import argparse
import os
import shutil
import sys
from pathlib import Path

from tests.bench import coverage
from tests.bench.benchmarks import Benchmarks
from tests.bench.results import Result, format_table, save

CACHE = Path(os.environ.get("MOBILITY_BENCH") or Path.home() / ".cache/nyc-mobility-bench")
PARTS = ("forward", "runs", "marts", "growth", "steps", "nothing_to_do")
ENGINES = "engines"
"""The part that needs ./run.sh install spark, and Java."""
EFFECTS = "effects"
"""The part that measures no cost, but the coverage of the intervals of the effects of weather."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="./run.sh bench", description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="factor for the 33.6 million trips in six months")
    parser.add_argument("--repeats", type=int, default=3, help="repetitions of short measurements; the median counts")
    parser.add_argument("--by", choices=("seconds", "cpu"), default="seconds", help="the measure of the bounds")
    parser.add_argument("--only", choices=(*PARTS, ENGINES, EFFECTS), nargs="*", default=PARTS, help="the parts to run")
    parser.add_argument("--months", type=int, default=coverage.MONTHS, help="simulated months of each kind, of effects")
    args = parser.parse_args()
    work = CACHE / "work"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    by_cpu = args.by == "cpu"
    benchmarks, results = Benchmarks(CACHE, work, args.scale, args.repeats), list[Result]()
    if EFFECTS in args.only:
        print(coverage.table(CACHE / "coverage.json", args.months))
    for part in [part for part in args.only if part != EFFECTS]:
        for result in getattr(benchmarks, part)():
            print(f"{result.name}: {result.pipeline.seconds:.1f} s", file=sys.stderr)
            results.append(result)
            save(CACHE / f"bench-{args.scale:g}.json", results, by_cpu, scale=args.scale, repeats=args.repeats)
    if results:
        print(format_table(results, by_cpu))
    shutil.rmtree(work)
    return 0


if __name__ == "__main__":
    sys.exit(main())
