"""The operator's verbs that are no tasks: ``python -m pipeline VERB``."""

import argparse
import contextlib
import json
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TypeAlias

from pipeline import lock
from pipeline.errors import AlreadyRunning, BadInput, MobilityError, NoSpace
from pipeline.operations import run
from pipeline.paths import data_folder, path_for
from pipeline.sources import chosen
from pipeline.tasks import records, selection
from pipeline.tasks.parameters import USAGE, duck, mobility, past_month
from pipeline.tasks.receipts import warehouse
from pipeline.warehouse import dbt as dbt_project

DISAGREES, ALREADY_RUNNING, FAILED = 1, 10, 30

Verbs: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def status(asked: argparse.Namespace) -> int:
    from pipeline.operations.status import facts, table

    today = date.today()
    print(json.dumps(facts(today), indent=1) if asked.json else table(today))
    return 0


def verify(asked: argparse.Namespace) -> int:
    from pipeline.operations import upkeep
    from pipeline.operations.verify import disagreements

    lock.hold(data_folder())
    found = list(disagreements(warehouse(), duck()))
    if found and asked.repair:
        print(*(one.text for one in found), "mending it ...", sep="\n", flush=True)
        if code := upkeep.repair(found):
            return code
        found = list(disagreements(warehouse(), duck()))
    print("\n".join(one.text for one in found) or "all receipts agree with the files and the warehouse")
    if found and not asked.repair:
        print("./run.sh verify --repair makes again what is needed", file=sys.stderr)
    return DISAGREES if found else 0


def forget(asked: argparse.Namespace) -> int:
    from pipeline.operations.forget import forget as take_out

    month, names = past_month(asked.month), chosen(asked.source)
    records.begin()
    print("\n".join(take_out(warehouse(), month, names, duck())))
    return 0


def month(asked: argparse.Namespace) -> int:
    return run.run(["RunMonth", "--month", asked.month, *asked.words])


def backfill(asked: argparse.Namespace) -> int:
    return run.run(["RangeMonthly", "--of", "RunMonth", "--start", asked.start, "--stop", asked.stop, *asked.words])


def catchup(asked: argparse.Namespace) -> int:
    from pipeline.operations import upkeep

    return upkeep.catchup(past_month(asked.start) if asked.start else None, asked.newest_first, asked.words)


def refresh(asked: argparse.Namespace) -> int:
    from pipeline.operations import upkeep

    return upkeep.refresh(asked.months, asked.words)


def weather(asked: argparse.Namespace) -> int:
    from pipeline.operations import upkeep

    return upkeep.weather(asked.words)


def health(_: argparse.Namespace) -> int:
    from pipeline.history import alerts
    from pipeline.operations.health import examined
    from pipeline.tasks.scheduler import luigid_address

    found = examined(data_folder(), alerts.rules(), mobility().least_free_gb, luigid_address())
    print(found.line())
    alerts.tell(found.alerts)
    return DISAGREES if found.alerts else 0


def install_units(asked: argparse.Namespace) -> int:
    from pipeline.operations import units

    own = asked.user
    folder = asked.into or units.folder_of(own)
    for path in units.install(folder, data_folder(), units.user_of(own), units.secrets_of(own)):
        print(path)
    systemctl = "systemctl --user" if own else "systemctl"
    print(f"""
addresses of alerts and other variables go into {units.secrets_of(own)} (chmod 600); then:
  {systemctl} daemon-reload
  {systemctl} enable --now mobility-{{catchup,weather,refresh,health}}.timer
  {systemctl} enable --now mobility-luigid.service  # where wanted, with MOBILITY_SCHEDULER=luigid""")
    return 0


def accept(asked: argparse.Namespace) -> int:
    from pipeline.operations.accept import accept as let_pass

    month = past_month(asked.month)
    lock.hold(data_folder())
    print(let_pass(warehouse(), month, asked.reason, duck()))
    return 0


def dbt(asked: argparse.Namespace) -> int:
    lock.hold(data_folder())
    return dbt_project.run_dbt_seen(asked.arguments, warehouse(), data_folder() / "dbt", duck())


def metrics(asked: argparse.Namespace) -> int:
    """MetricFlow's own command; with ``--month 2024-01`` for that month alone."""
    words, months = list(asked.arguments), records.months_built()
    if not months:
        raise BadInput(f"no month is in {warehouse()} yet; ./run.sh month 2024-01 makes one")
    if "--month" in words:
        place = words.index("--month")
        month = past_month(words[place + 1] if words[place + 1 :] else "")
        if month not in months:
            raise BadInput(
                f"month {month:%Y-%m}: not in the warehouse; it has {', '.join(map('{:%Y-%m}'.format, months))}"
            )
        words[place : place + 2] = ["--where", f"{{{{ TimeDimension('metric_time', 'month') }}}} = '{month}'"]
    return dbt_project.run_metricflow(words, warehouse(), data_folder() / "dbt", duck())


def report(asked: argparse.Namespace) -> int:
    """Writes the month's page and the index anew, of what is published, and says where the page is."""
    import webbrowser

    from pipeline.tasks.month import Report

    month, page = past_month(asked.month), path_for("reports", asked.month, ".html")
    if records.record_of("published/metrics", month) is None:
        raise BadInput(f"month {month:%Y-%m}: not published; ./run.sh month {month:%Y-%m} makes it, page and all")
    lock.hold(data_folder())
    Report(months=(month,), sources=selection.loaded(month)).run()
    print(page)
    if asked.open and not webbrowser.open(page.as_uri()):
        print("no browser could be started; open the file yourself", file=sys.stderr)
    return 0


def serve(asked: argparse.Namespace) -> int:
    """The pages and the published tables on 127.0.0.1, until it is interrupted."""
    from pipeline.operations.serve import HOME, server

    if not (data_folder() / HOME.lstrip("/")).exists():
        raise BadInput(f"no page is in {data_folder()} yet; ./run.sh demo makes some, or ./run.sh month 2024-01")
    try:
        serving = server(data_folder(), asked.port)
    except OSError as error:
        raise BadInput(f"port {asked.port}: {error.strerror}; choose another: --port 8090") from error
    with serving:
        print(f"http://127.0.0.1:{serving.server_port}{HOME}, until Ctrl-C", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            serving.serve_forever()
    return 0


def demo(asked: argparse.Namespace) -> int:
    """Three generated months through the same tasks as the published ones."""
    from pipeline.operations.demo import run

    return run(data_folder(), asked.words)


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="./run.sh", description=__doc__)
    top.set_defaults(takes_luigis_options=False)
    verbs = top.add_subparsers(required=True, metavar="VERB")
    add_runs(verbs)
    add_operation(verbs)
    add_views(verbs)
    return top


def add_runs(verbs: Verbs) -> None:
    one = verbs.add_parser("month", help="one month, from the publishers to the page", allow_abbrev=False)
    one.add_argument("month")
    one.set_defaults(run=month, takes_luigis_options=True)
    one = verbs.add_parser("backfill", help="a range of months, the stop not in it", allow_abbrev=False)
    one.add_argument("start")
    one.add_argument("stop")
    one.set_defaults(run=backfill, takes_luigis_options=True)
    one = verbs.add_parser("catchup", help="whatever is published by now", allow_abbrev=False)
    one.add_argument("--start", help="first month; by default that of luigi.cfg")
    one.add_argument("--newest-first", action="store_true")
    one.set_defaults(run=catchup, takes_luigis_options=True)
    one = verbs.add_parser("refresh", help="files that were re-issued", allow_abbrev=False)
    one.add_argument("--months", type=int, default=6, help="how many of the newest months to ask for")
    one.set_defaults(run=refresh, takes_luigis_options=True)
    one = verbs.add_parser("weather", help="weather so far of the months that are not settled", allow_abbrev=False)
    one.set_defaults(run=weather, takes_luigis_options=True)
    one = verbs.add_parser("demo", help="three generated months, end to end", allow_abbrev=False)
    one.set_defaults(run=demo, takes_luigis_options=True)


def add_operation(verbs: Verbs) -> None:
    verbs.add_parser("health", help="whether all is well: a line of JSON, exit code 1 if not").set_defaults(run=health)
    one = verbs.add_parser("install-units", help="systemd's units, with this checkout's paths")
    one.add_argument("--user", action="store_true", help="of this user, not of the system")
    one.add_argument("--into", type=Path, help="another folder than systemd's")
    one.set_defaults(run=install_units)
    one = verbs.add_parser("status", help="what is landed, loaded, judged, published, and what is late")
    one.add_argument("--json", action="store_true")
    one.set_defaults(run=status)
    one = verbs.add_parser("verify", help="receipts against what files and warehouse hold")
    one.add_argument("--repair", action="store_true", help="make again what is needed")
    one.set_defaults(run=verify)
    one = verbs.add_parser("forget", help="take a month, or one source of it, out of everything")
    one.add_argument("month")
    one.add_argument("--source", action="append", default=[])
    one.set_defaults(run=forget)
    one = verbs.add_parser("accept", help="let a rejected month pass, on record")
    one.add_argument("month")
    one.add_argument("--reason", required=True)
    one.set_defaults(run=accept)


def add_views(verbs: Verbs) -> None:
    one = verbs.add_parser("report", help="write a month's page anew, and say where it is")
    one.add_argument("month")
    one.add_argument("--open", action="store_true", help="show it in a browser")
    one.set_defaults(run=report)
    one = verbs.add_parser("serve", help="the pages and the published tables on 127.0.0.1, read-only")
    one.add_argument("--port", type=int, default=8080)
    one.set_defaults(run=serve)
    one = verbs.add_parser("dbt", help="dbt on the warehouse")
    one.add_argument("arguments", nargs=argparse.REMAINDER)
    one.set_defaults(run=dbt)
    one = verbs.add_parser("metrics", help="MetricFlow on the warehouse", add_help=False)
    one.add_argument("arguments", nargs=argparse.REMAINDER)
    one.set_defaults(run=metrics)


def main(words: Sequence[str] | None = None) -> int:
    top = parser()
    asked, rest = top.parse_known_args(words)
    asked.words = rest
    if rest and not asked.takes_luigis_options:
        top.error(f"unrecognized arguments: {' '.join(rest)}")
    try:
        code: int = asked.run(asked)
    except MobilityError as error:
        print(f"error: {error}", file=sys.stderr)
        return {AlreadyRunning: ALREADY_RUNNING, BadInput: USAGE, NoSpace: USAGE}.get(type(error), FAILED)
    return code
