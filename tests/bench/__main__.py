"""What the pipeline costs beside bare DuckDB, as ratios: ``./run.sh bench``.

Months are generated once into a cache folder and served on loopback; the real commands and rooms run on them, and
plain SQL beside them, which must come to the same rows. Figures hold for one run on one machine that has nothing else
to do; where it has, ``--by cpu`` judges by CPU seconds.
"""

import argparse
import os
import shutil
import sys
from pathlib import Path

from tests.bench.lines import Bench
from tests.bench.table import Line, keep, printed

CACHE = Path(os.environ.get("MOBILITY_BENCH") or Path.home() / ".cache/nyc-mobility-bench")
PARTS = ("runs", "marts", "growth", "steps", "nothing_to_do")


def main() -> int:
    parser = argparse.ArgumentParser(prog="./run.sh bench", description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="times 33.6 M trips in six months")
    parser.add_argument("--repeats", type=int, default=3, help="of what is cheap to repeat; the median counts")
    parser.add_argument("--by", choices=("seconds", "cpu"), default="seconds", help="what the bounds are held against")
    parser.add_argument("--only", choices=PARTS, nargs="*", default=PARTS)
    asked = parser.parse_args()
    work = CACHE / "work"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    by_cpu = asked.by == "cpu"
    bench, lines = Bench(CACHE, work, asked.scale, asked.repeats), list[Line]()
    for part in asked.only:
        for line in getattr(bench, part)():
            print(f"{line.what}: {line.ours.seconds:.1f} s", file=sys.stderr)
            lines.append(line)
            keep(CACHE / f"bench-{asked.scale:g}.json", lines, by_cpu, scale=asked.scale, repeats=asked.repeats)
    print(printed(lines, by_cpu))
    shutil.rmtree(work)
    return 0


if __name__ == "__main__":
    sys.exit(main())
