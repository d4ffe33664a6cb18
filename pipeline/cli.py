"""The command line: ``./run.sh VERB`` in a checkout, ``nyc-mobility VERB`` where the project is installed."""

import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import click

from pipeline.lock import lock
from pipeline.operations import run
from pipeline.operations.arguments import (
    COMPLETION_VARIABLE,
    DEMO,
    MONTH,
    OPEN,
    PASSES_ON,
    Program,
    Verbs,
    WholeNumber,
    completion_script,
    known_sources,
    runs_luigi,
    show,
)
from pipeline.operations.endings import exit_code, require_confirmation
from pipeline.paths import data_folder, program
from pipeline.project import PAGES_PORT
from pipeline.publication import address
from pipeline.sources import chosen
from pipeline.tasks.base import begin_run
from pipeline.tasks.parameters import past_month
from pipeline.tasks.settings import mobility, warehouse
from pipeline.warehouse import dbt as dbt_project
from pipeline.warehouse import engines

DISAGREES = 1
"""Exit code where verify or health finds something."""


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@DEMO
@click.version_option(package_name="nyc-mobility", prog_name="nyc-mobility")
def commands() -> None:
    """NYC mobility & weather analytics: months of trips and weather, as tables, metrics and pages.

    Data are in MOBILITY_DATA, by default ~/.local/share/nyc-mobility (in a checkout data/). config shows more.
    """


@commands.command(context_settings=PASSES_ON)
@MONTH
@runs_luigi
def month(month: str, options: list[str]) -> int:
    """Build one month, from the publishers to its page.

    Example: month 2024-01 --sources green_taxi,citibike_jc
    """
    return run.run(["RunMonth", "--month", month, *options])


@commands.command(context_settings=PASSES_ON)
@click.argument("start", metavar="START")
@click.argument("stop", metavar="STOP")
@runs_luigi
def backfill(start: str, stop: str, options: list[str]) -> int:
    """Build the months from START to the one before STOP; skip those that are complete.

    Example: backfill 2024-01 2025-01 builds the twelve months of 2024.
    """
    return run.run(["RangeMonthly", "--of", "RunMonth", "--start", start, "--stop", stop, *options])


@commands.command(context_settings=PASSES_ON)
@click.option("--start", metavar="YYYY-MM", help="First month; by default [RangeMonthly] start of luigi.cfg.")
@click.option("--newest-first", is_flag=True, help="Begin with the newest month.")
@runs_luigi
def catchup(start: str | None, newest_first: bool, options: list[str]) -> int:
    """Build whatever has been published since the first month, and list what is late."""
    from pipeline.operations.catchup import catchup

    return catchup(past_month(start) if start else None, newest_first, options)


@commands.command(context_settings=PASSES_ON)
@click.option(
    "--months", metavar="N", type=WholeNumber(1), default=6, show_default=True, help="How many of the newest months."
)
@runs_luigi
def refresh(months: int, options: list[str]) -> int:
    """Replace re-issued files of the newest months, and rebuild what depends on them."""
    from pipeline.operations.refresh import refresh

    return refresh(months, options)


@commands.command(context_settings=PASSES_ON)
@runs_luigi
def weather(options: list[str]) -> int:
    """Fetch the weather of the current month so far."""
    from pipeline.operations.weather import weather

    return weather(options)


@commands.command(context_settings=PASSES_ON)
@runs_luigi
def demo(options: list[str]) -> int:
    """Build three generated months through the same tasks as published ones."""
    from pipeline.operations.demo import demo

    return demo(options)


@commands.command()
@click.option(
    "--port",
    metavar="N",
    type=WholeNumber(0, 65535),
    default=PAGES_PORT,
    show_default=True,
    help="0 means any free port.",
)
def serve(port: int) -> int:
    """Serve the pages and the published tables on 127.0.0.1, read-only."""
    from pipeline.operations.serve import serve

    serve(data_folder(), port)
    return 0


@commands.command()
@MONTH
@OPEN
def report(month: str, open_it: bool) -> int:
    """Write a month's page again from what is published, and print where it is."""
    from pipeline.operations.report import report

    show(report(past_month(month)), open_it)
    return 0


@commands.command()
@OPEN
def docs(open_it: bool) -> int:
    """Write the pages of this program's documentation, and print where they are."""
    from pipeline.operations.docs import docs

    show(docs(), open_it)
    return 0


@commands.command(cls=Program)
def metrics(arguments: tuple[str, ...]) -> int:
    """Ask MetricFlow for metrics; --month YYYY-MM restricts a query to a month.

    \b
    Examples:
      metrics list metrics
      metrics list dimensions --metrics total_trips
      metrics query --metrics total_trips --group-by trip__trip_type
      metrics query --help
    """  # noqa: D301 - click reads the character
    from pipeline.operations.metrics import metrics

    return metrics(warehouse(), arguments)


@commands.command(cls=Program)
def dbt(arguments: tuple[str, ...]) -> int:
    """Run dbt on the warehouse.

    \b
    Examples:
      dbt show --select fct_hourly_mobility --limit 5
      dbt show --help
      dbt --version
    """  # noqa: D301 - click reads the character
    if not dbt_project.is_reader(arguments):
        lock(data_folder())
    return dbt_project.run_dbt_command(warehouse(), engines.builder_of(warehouse()), list(arguments))


@commands.command()
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def status(as_json: bool) -> int:
    """List months and sources: downloaded, loaded, judged and published; late, by the last catchup."""
    from pipeline.operations.status import facts_as_json, table

    click.echo((facts_as_json if as_json else table)(date.today()))
    return 0


@commands.command()
def health() -> int:
    """Check timers, publishers, disk and memory: one line of JSON, exit code 1 for a problem."""
    from pipeline.history import alerts
    from pipeline.operations.health import examine
    from pipeline.tasks.scheduler import luigid_address

    found = examine(data_folder(), alerts.rules(), mobility().least_free_gb, luigid_address())
    click.echo(found.line())
    alerts.send(found.alerts)
    return DISAGREES if found.alerts else 0


@commands.command()
@click.option("--repair", "repair_it", is_flag=True, help="Rebuild what does not agree.")
@click.option("--deep/--quick", default=True, show_default=True, help="Compare contents, or sizes and numbers of rows.")
def verify(repair_it: bool, deep: bool) -> int:
    """Compare files and warehouse with their receipts."""
    from pipeline.operations.repair import repair
    from pipeline.operations.verify import verify

    lock(data_folder())
    code = repair(warehouse(), deep) if repair_it else 0
    return code or (0 if verify(warehouse(), deep) else DISAGREES)


@commands.command()
@MONTH
@click.option("--source", "names", multiple=True, shell_complete=known_sources, help="Only this source; repeatable.")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation. Without a terminal, nothing is asked.")
def forget(month: str, names: tuple[str, ...], yes: bool) -> int:
    """Delete a month, or one source of it, everywhere."""
    from pipeline.operations.forget import forget, require_stored
    from pipeline.operations.upload import upload_waiting

    address()  # refuses one that cannot be used before anything is deleted
    of, selected = past_month(month), chosen(names)
    require_stored(of, selected)
    if not yes and sys.stdin.isatty():
        require_confirmation(f"delete {', '.join(selected) or 'everything'} of {of:%Y-%m}?")
    begin_run(is_alone=True)
    click.echo("\n".join(forget(warehouse(), of, selected)))
    upload_waiting()
    return 0


@commands.command()
@MONTH
@click.option("--reason", required=True, help="Why it is published; it is recorded.")
def accept(month: str, reason: str) -> int:
    """Publish a rejected month by override, with a recorded reason."""
    from pipeline.operations.accept import accept

    of = past_month(month)
    lock(data_folder())
    click.echo(accept(warehouse(), of, reason))
    return 0


@commands.command(context_settings=PASSES_ON)
@click.option("--port", metavar="N", type=WholeNumber(1, 65535), default=8082, show_default=True)
@click.option("--address", default="127.0.0.1", show_default=True, help="Another one is for a private network.")
@click.argument("options", nargs=-1, type=click.UNPROCESSED, metavar="[LUIGID'S OPTIONS]")
def ui(address: str, port: int, options: tuple[str, ...]) -> int:
    """Start luigid, Luigi's scheduler with its pages."""
    from pipeline.operations.ui import ui

    return ui(data_folder(), address, port, options)


@commands.command()
@click.option("--user", is_flag=True, help="For this user, not for the system.")
@click.option("--run-as", metavar="NAME", help="Who runs the services; by default the owner of the program.")
@click.option("--into", type=click.Path(path_type=Path), help="Write them into this folder.")
def install_units(user: bool, run_as: str | None, into: Path | None) -> int:
    """Write systemd units for catchup, refresh, weather, health and luigid."""
    from pipeline.operations import units

    click.echo("\n".join(units.install_units(user, run_as, into)))
    return 0


@commands.command()
@click.option("--copy", "copy_it", is_flag=True, help="Copy luigi.cfg, config/ and dbt/ into the settings folder.")
def config(copy_it: bool) -> int:
    """Show where data, settings, declarations and models are.

    The settings folder (MOBILITY_CONFIG, ~/.config/nyc-mobility) may have luigi.cfg, config/ and dbt/ of your own.
    """
    from pipeline.operations.config import copy, locations

    click.echo("\n".join(map(str, copy())) if copy_it else locations())
    return 0


@commands.command(help=f"Print a script that completes what you type. Example: source <({program()} completion bash)")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> int:
    click.echo(completion_script(commands, shell))
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a verb; returns the exit code. An error is one line on standard error."""
    return exit_code(
        lambda: commands.main(arguments, prog_name=program(), complete_var=COMPLETION_VARIABLE, standalone_mode=False)
    )
