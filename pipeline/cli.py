"""The command line: ``python -m pipeline VERB``, one function for each verb."""

import argparse
import contextlib
import json
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TypeAlias

from pipeline.errors import AlreadyRunning, BadInput, MobilityError, NoSpace
from pipeline.lock import lock
from pipeline.operations import run
from pipeline.paths import data_folder, path_for
from pipeline.sources import chosen
from pipeline.tasks import records, selection
from pipeline.tasks.base import begin_run
from pipeline.tasks.parameters import past_month
from pipeline.tasks.scheduler import USAGE
from pipeline.tasks.settings import mobility, warehouse
from pipeline.warehouse import dbt as dbt_project

DISAGREES, ALREADY_RUNNING, FAILED = 1, 10, 30

Verbs: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def status(args: argparse.Namespace) -> int:
    from pipeline.operations.status import facts, table

    today = date.today()
    print(json.dumps(facts(today), indent=1) if args.json else table(today))
    return 0


def verify(args: argparse.Namespace) -> int:
    from pipeline.operations.repair import repair
    from pipeline.operations.verify import disagreements

    lock(data_folder())
    found = disagreements(warehouse(), args.deep)
    if found and args.repair:
        print(*(one.text for one in found), "repairing ...", sep="\n", flush=True)
        if code := repair(warehouse(), found):
            return code
        found = disagreements(warehouse(), args.deep)
    print("\n".join(one.text for one in found) or "all receipts agree with the files and the warehouse")
    if found and not args.repair:
        print("./run.sh verify --repair rebuilds what is needed", file=sys.stderr)
    return DISAGREES if found else 0


def forget(args: argparse.Namespace) -> int:
    from pipeline.operations.forget import forget

    month, names = past_month(args.month), chosen(args.source)
    begin_run()
    print("\n".join(forget(warehouse(), month, names)))
    return 0


def month(args: argparse.Namespace) -> int:
    return run.run(["RunMonth", "--month", args.month, *args.luigi_options])


def backfill(args: argparse.Namespace) -> int:
    dates = ["--start", args.start, "--stop", args.stop]
    return run.run(["RangeMonthly", "--of", "RunMonth", *dates, *args.luigi_options])


def catchup(args: argparse.Namespace) -> int:
    from pipeline.operations.catchup import catchup

    return catchup(past_month(args.start) if args.start else None, args.newest_first, args.luigi_options)


def refresh(args: argparse.Namespace) -> int:
    from pipeline.operations.refresh import refresh

    return refresh(args.months, args.luigi_options)


def weather(args: argparse.Namespace) -> int:
    from pipeline.operations.weather import weather

    return weather(args.luigi_options)


def health(_: argparse.Namespace) -> int:
    from pipeline.history import alerts
    from pipeline.operations.health import examine
    from pipeline.tasks.scheduler import luigid_address

    found = examine(data_folder(), alerts.rules(), mobility().least_free_gb, luigid_address())
    print(found.line())
    alerts.send(found.alerts)
    return DISAGREES if found.alerts else 0


def install_units(args: argparse.Namespace) -> int:
    from pipeline.operations import units

    own = args.user
    folder = args.into or units.folder_of(own)
    for path in units.install(folder, data_folder(), units.user_of(own), units.secrets_of(own)):
        print(path)
    systemctl = "systemctl --user" if own else "systemctl"
    print(f"""
addresses of alerts and other variables go into {units.secrets_of(own)} (chmod 600); then:
  {systemctl} daemon-reload
  {systemctl} enable --now mobility-{{catchup,weather,refresh,health}}.timer
  {systemctl} enable --now mobility-luigid.service  # optional, with MOBILITY_SCHEDULER=luigid""")
    return 0


def accept(args: argparse.Namespace) -> int:
    from pipeline.operations.accept import accept

    month = past_month(args.month)
    lock(data_folder())
    print(accept(warehouse(), month, args.reason))
    return 0


def dbt(args: argparse.Namespace) -> int:
    lock(data_folder())
    return dbt_project.run_dbt_command(warehouse(), args.arguments)


def metrics(args: argparse.Namespace) -> int:
    """MetricFlow's own command; ``--month 2024-01`` restricts it to that month."""
    arguments, months = list(args.arguments), records.months_built()
    if not months:
        raise BadInput(f"no month is in {warehouse().path} yet; ./run.sh month 2024-01 builds one")
    if "--month" in arguments:
        index = arguments.index("--month")
        month = past_month(arguments[index + 1] if arguments[index + 1 :] else "")
        if month not in months:
            built = ", ".join(map("{:%Y-%m}".format, months))
            raise BadInput(f"month {month:%Y-%m}: not in the warehouse; it has {built}")
        arguments[index : index + 2] = ["--where", f"{{{{ TimeDimension('metric_time', 'month') }}}} = '{month}'"]
    return dbt_project.run_metricflow(warehouse(), arguments)


def report(args: argparse.Namespace) -> int:
    """Writes the month's page and the index again from what is published, and prints where the page is."""
    import webbrowser

    from pipeline.tasks.month import Report

    month, page = past_month(args.month), path_for("reports", args.month, ".html")
    if records.record_of("published/metrics", month) is None:
        raise BadInput(f"month {month:%Y-%m}: not published; ./run.sh month {month:%Y-%m} builds it with its page")
    lock(data_folder())
    Report(months=(month,), sources=selection.loaded(month)).run()
    print(page)
    if args.open and not webbrowser.open(page.as_uri()):
        print("no browser could be started; open the file yourself", file=sys.stderr)
    return 0


def serve(args: argparse.Namespace) -> int:
    """Serves the pages and the published tables on 127.0.0.1 until it is interrupted."""
    from pipeline.operations.serve import HOME, server

    if not (data_folder() / HOME.lstrip("/")).exists():
        raise BadInput(f"no page is in {data_folder()} yet; ./run.sh demo or ./run.sh month 2024-01 writes some")
    try:
        serving = server(data_folder(), args.port)
    except OSError as error:
        raise BadInput(f"port {args.port}: {error.strerror}; choose another: --port 8090") from error
    with serving:
        print(f"http://127.0.0.1:{serving.server_port}{HOME}, until Ctrl-C", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            serving.serve_forever()
    return 0


def demo(args: argparse.Namespace) -> int:
    """Three generated months through the same tasks as the published ones."""
    from pipeline.operations.demo import demo

    return demo(data_folder(), args.luigi_options)


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="./run.sh", description=__doc__)
    top.set_defaults(takes_luigi_options=False)
    verbs = top.add_subparsers(required=True, metavar="VERB")
    add_runs(verbs)
    add_operation(verbs)
    add_views(verbs)
    return top


def add_runs(verbs: Verbs) -> None:
    one = verbs.add_parser("month", help="one month, from the publishers to the page", allow_abbrev=False)
    one.add_argument("month")
    one.set_defaults(run=month, takes_luigi_options=True)
    one = verbs.add_parser("backfill", help="a range of months, the stop exclusive", allow_abbrev=False)
    one.add_argument("start")
    one.add_argument("stop")
    one.set_defaults(run=backfill, takes_luigi_options=True)
    one = verbs.add_parser("catchup", help="whatever has been published since the start", allow_abbrev=False)
    one.add_argument("--start", help="first month; by default that of luigi.cfg")
    one.add_argument("--newest-first", action="store_true")
    one.set_defaults(run=catchup, takes_luigi_options=True)
    one = verbs.add_parser("refresh", help="replace re-issued files, and what was built from them", allow_abbrev=False)
    one.add_argument("--months", type=int, default=6, help="how many of the newest months to check")
    one.set_defaults(run=refresh, takes_luigi_options=True)
    one = verbs.add_parser("weather", help="the weather of the current month so far", allow_abbrev=False)
    one.set_defaults(run=weather, takes_luigi_options=True)
    one = verbs.add_parser("demo", help="three generated months, end to end", allow_abbrev=False)
    one.set_defaults(run=demo, takes_luigi_options=True)


def add_operation(verbs: Verbs) -> None:
    verbs.add_parser(
        "health", help="check timers, publishers, disk and memory: one line of JSON, exit code 1 for a problem"
    ).set_defaults(run=health)
    one = verbs.add_parser("install-units", help="write systemd units with the paths of this checkout")
    one.add_argument("--user", action="store_true", help="for this user, not for the system")
    one.add_argument("--into", type=Path, help="write them into this folder")
    one.set_defaults(run=install_units)
    one = verbs.add_parser("status", help="months and sources: what is downloaded, loaded, judged, published and late")
    one.add_argument("--json", action="store_true")
    one.set_defaults(run=status)
    one = verbs.add_parser("verify", help="compare files and warehouse with their receipts")
    one.add_argument("--repair", action="store_true", help="rebuild what does not agree")
    one.add_argument("--deep", action="store_true", default=True, help="also compare contents, by digests (default)")
    one.add_argument("--quick", dest="deep", action="store_false", help="only what exists, sizes and numbers of rows")
    one.set_defaults(run=verify)
    one = verbs.add_parser("forget", help="delete a month, or one source of it, everywhere")
    one.add_argument("month")
    one.add_argument("--source", action="append", default=[])
    one.set_defaults(run=forget)
    one = verbs.add_parser("accept", help="publish a rejected month by override, with a recorded reason")
    one.add_argument("month")
    one.add_argument("--reason", required=True)
    one.set_defaults(run=accept)


def add_views(verbs: Verbs) -> None:
    one = verbs.add_parser("report", help="write a month's page again, and print its path")
    one.add_argument("month")
    one.add_argument("--open", action="store_true", help="open it in a browser")
    one.set_defaults(run=report)
    one = verbs.add_parser("serve", help="serve the pages and the published tables on 127.0.0.1")
    one.add_argument("--port", type=int, default=8080)
    one.set_defaults(run=serve)
    one = verbs.add_parser("dbt", help="dbt on the warehouse")
    one.add_argument("arguments", nargs=argparse.REMAINDER)
    one.set_defaults(run=dbt)
    one = verbs.add_parser("metrics", help="MetricFlow on the warehouse", add_help=False)
    one.add_argument("arguments", nargs=argparse.REMAINDER)
    one.set_defaults(run=metrics)


def main(arguments: Sequence[str] | None = None) -> int:
    top = parser()
    args, rest = top.parse_known_args(arguments)
    args.luigi_options = rest
    if rest and not args.takes_luigi_options:
        top.error(f"unrecognized arguments: {' '.join(rest)}")
    try:
        code: int = args.run(args)
    except MobilityError as error:
        print(f"error: {error}", file=sys.stderr)
        return {AlreadyRunning: ALREADY_RUNNING, BadInput: USAGE, NoSpace: USAGE}.get(type(error), FAILED)
    return code
