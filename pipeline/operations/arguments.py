"""Arguments that several verbs take, how they are completed, and how the list of verbs is shown."""

import functools
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from pipeline.paths import program
from pipeline.sources import sources

COMPLETION_VARIABLE = "_NYC_MOBILITY_COMPLETE"
"""By which the script of a shell asks this program for completions."""
PASSES_ON: dict[str, Any] = {"ignore_unknown_options": True, "help_option_names": ["-h", "--help"]}
"""Settings of verbs that pass arguments on to Luigi, dbt or MetricFlow."""
SECTIONS = {
    "Months": ("month", "backfill", "catchup", "refresh", "weather", "demo"),
    "Results": ("serve", "report", "metrics", "dbt", "docs"),
    "Operation": ("status", "health", "verify", "forget", "accept", "ui", "install-units", "config", "completion"),
}
OWN_DATA = {"demo", "install-units", "completion"}
"""Verbs without ``--demo``."""


def choose_demo(ctx: click.Context, parameter: click.Parameter, is_given: bool) -> None:
    """Switches the verb to the demo's data folder, once if the option is given twice."""
    if not is_given or ctx.meta.get("demo"):
        return
    from pipeline.operations.demo_data import demo_folder, on_demo_data

    ctx.meta["demo"] = True
    if ctx.resilient_parsing:  # to complete an argument, which sends no request
        os.environ["MOBILITY_DATA"] = str(demo_folder())
    else:
        ctx.with_resource(on_demo_data())


DEMO = click.option("--demo", is_flag=True, expose_value=False, callback=choose_demo, help="Work on the demo's data.")


class WholeNumber(click.IntRange):
    """A whole number between two bounds, the second of which may be missing."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            return int(super().convert(value, param, ctx))
        except click.BadParameter:
            self.fail(f"{str(value)!r}: expected a whole number {self._describe_range()}", param, ctx)

    def _describe_range(self) -> str:
        """Overrides click's, which its help shows as well: ``1<=x<=64``."""
        return f"from {self.min} {'on' if self.max is None else f'to {self.max}'}"


class OutputClosed(Exception):
    """Nobody reads the output any more. Of the system's own error click makes exit code 1."""


@contextmanager
def raising_output_closed() -> Iterator[None]:
    """Raises OutputClosed in the place of the system's error."""
    try:
        yield
    except BrokenPipeError as error:
        raise OutputClosed from error


class Verbs(click.Group):
    """Shows the verbs in sections, each in the order in which people meet them, and gives them ``--demo``."""

    def add_command(self, cmd: click.Command, name: str | None = None) -> None:
        super().add_command(cmd, name)
        if cmd.name not in OWN_DATA:
            DEMO(cmd)

    def make_context(self, *args: Any, **settings: Any) -> click.Context:
        with raising_output_closed():
            return super().make_context(*args, **settings)

    def invoke(self, ctx: click.Context) -> Any:
        with raising_output_closed():
            return super().invoke(ctx)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        width = max(map(len, self.commands))
        for title, names in SECTIONS.items():
            with formatter.section(title):
                helps = [(f"{name:{width}}", self.commands[name].get_short_help_str(100)) for name in names]
                formatter.write_dl(helps)


class Program(click.Command):
    """A verb that runs another program with its ``arguments``; ``--help`` is the verb's own where it stands alone."""

    def __init__(self, **settings: Any) -> None:
        rest = click.Argument(["arguments"], nargs=-1, type=click.UNPROCESSED, metavar="ARGUMENTS")
        super().__init__(**settings | {"context_settings": PASSES_ON, "params": [rest]})

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        self.add_help_option = [arg for arg in args if arg != "--demo"] == ["--help"]
        return super().parse_args(ctx, args)


def known_months(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """The months of the data folder, for completion."""
    from pipeline.operations.status import months_known

    return [name for month in months_known() if (name := f"{month:%Y-%m}").startswith(incomplete)]


def known_sources(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """The sources, for completion; after a comma those that are not chosen yet."""
    before, comma, last = incomplete.rpartition(",")
    names = [name for name in sources() if name not in before.split(",")]
    return [f"{before}{comma}{name}" for name in names if name.startswith(last)]


SOURCES_HELP = "Sources to download and require; by default the enabled ones."
OPEN = click.option("--open", "open_it", is_flag=True, help="Open it in a browser.")
MONTH = click.argument("month", metavar="YYYY-MM", shell_complete=known_months)


def show(page: Path, open_it: bool) -> None:
    """Prints the path of a page, and opens it in a browser if asked to."""
    click.echo(page)
    if open_it and click.launch(page.as_uri()) != 0:
        click.echo("no browser could be started; open the file yourself", err=True)


def runs_luigi(function: Callable[..., int]) -> Callable[..., int]:
    """Adds Luigi's usual options to a verb, which gets them and unknown ones as ``options``."""

    @functools.wraps(function)
    def verb(
        names: str | None, workers: int | None, log_format: str | None, rest: tuple[str, ...], **others: Any
    ) -> int:
        given = {"--sources": names, "--workers": workers, "--log-format": log_format}
        options = [f"{option}={value}" for option, value in given.items() if value is not None]
        return function(**others, options=[*options, *rest])

    for parameter in (
        click.argument("rest", nargs=-1, type=click.UNPROCESSED, metavar="[LUIGI'S OPTIONS]"),
        click.option(
            "--log-format", type=click.Choice(["text", "json"]), help="Lines for people, or a JSON object each."
        ),
        click.option("--workers", type=WholeNumber(1, 64), metavar="N", help="How many tasks run at the same time."),
        click.option("--sources", "names", metavar="NAME,...", help=SOURCES_HELP, shell_complete=known_sources),
    ):
        verb = parameter(verb)
    return verb


def completion_script(group: click.Group, shell: str) -> str:
    """What completes the arguments of this program in the shell: bash, zsh or fish."""
    from click.shell_completion import get_completion_class

    completion = get_completion_class(shell)
    assert completion is not None, shell
    return completion(group, {}, program(), COMPLETION_VARIABLE).source()
