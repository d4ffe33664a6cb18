"""Generate a sample upstream, files in the publishers' layout, and serve it over HTTP on this machine."""

import argparse
import contextlib
import threading
import time
from datetime import date
from pathlib import Path

from pipeline.errors import BadInput
from pipeline.months import add_months, parse_month
from pipeline.sample.generate import DEMO_SOURCES, ROWS_PER_MONTH, generate
from pipeline.sample.server import serve


def main() -> None:
    args = build_parser().parse_args()
    if args.command == "serve":
        serve_until_interrupted(args.root, args.port)
    else:
        generate_months(args)


def build_parser() -> argparse.ArgumentParser:
    """The parser of the two commands, ``generate`` and ``serve``."""
    parser = argparse.ArgumentParser(prog="python -m pipeline.sample", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", title="commands")
    to_generate = commands.add_parser(
        "generate",
        help="write the files of one or more months",
        description="Write the files of one or more months, in the publishers' layout, and manifest.json with their "
        "row counts. The same arguments give the same files.",
    )
    to_generate.add_argument("root", type=Path, metavar="FOLDER", help="folder for the files")
    to_generate.add_argument("--start", type=month, required=True, metavar="YYYY-MM", help="first month")
    to_generate.add_argument("--months", type=int, default=1, metavar="N", help="number of months (default: 1)")
    to_generate.add_argument(
        "--anomalous-months",
        type=month,
        nargs="+",
        default=[],
        metavar="YYYY-MM",
        help="months whose files get the anomalies of published files, such as duplicates and unreadable lines",
    )
    to_generate.add_argument(
        "--scale", type=float, default=1.0, metavar="X", help="factor for the number of rows (default: 1)"
    )
    to_generate.add_argument(
        "--sources",
        nargs="+",
        choices=(*ROWS_PER_MONTH, "weather", "taxi_zones"),
        default=[*DEMO_SOURCES],
        metavar="SOURCE",
        help=f"sources to generate, of %(choices)s (default: {', '.join(DEMO_SOURCES)})",
    )
    to_generate.add_argument("--seed", type=int, default=1, metavar="N", help="seed of the random numbers (default: 1)")
    to_serve = commands.add_parser(
        "serve",
        help="serve a folder and print its URL",
        description="Serve the files of a folder and simulated weather on 127.0.0.1 until interrupted. Print the URL.",
    )
    to_serve.add_argument("root", type=Path, metavar="FOLDER", help="folder with the files")
    to_serve.add_argument("--port", type=int, default=0, help="port to listen on (default: a free one)")
    return parser


def month(text: str) -> date:
    """A month of the command line, with argparse's error for another text."""
    try:
        return parse_month(text)
    except BadInput as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def generate_months(args: argparse.Namespace) -> None:
    began = time.monotonic()
    files = generate(
        args.root,
        [add_months(args.start, number) for number in range(args.months)],
        sources=args.sources,
        scale=args.scale,
        anomalous_months=args.anomalous_months,
        seed=args.seed,
    )
    for file in files:
        print(f"{file.month:%Y-%m}  {file.source:12} {file.counts['rows']:>10,} rows  {file.file}")
    print(f"{sum(file.counts['rows'] for file in files):,} rows in {time.monotonic() - began:.1f} s")


def serve_until_interrupted(root: Path, port: int) -> None:
    with serve(root, port=port) as upstream:
        print(upstream.url, flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
