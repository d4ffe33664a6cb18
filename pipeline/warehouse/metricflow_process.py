"""MetricFlow's command line, in a process of its own: ``python -P metricflow_process.py './run.sh metrics' list``.

It differs from ``mf``: errors are one line on standard error that names what is known, the spinner is for terminals
alone, no request asks for a newer version, and a signal ends it as it ends any program.
"""

import functools
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib import import_module
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dbt_metricflow.cli.cli_configuration import CLIConfiguration

FAILED, USAGE = 1, 2
HOW_TO_SELECT = "has a name that is not known; write dimensions as \"{{ Dimension('trip__trip_type') }} = 'citibike'\""


class UnknownName(Exception):
    """A name that the semantic layer does not have; the message has the most similar ones."""


def run(program: str, arguments: Sequence[str]) -> int:
    """Runs MetricFlow's command, which ``program`` names in its help; returns the exit code."""
    import click
    from dbt_metricflow.cli import utils

    utils.exception_handler = functools.partial(with_known_names, program)  # before ``main`` decorates its commands
    main: Any = import_module("dbt_metricflow.cli.main")
    main.Halo = functools.partial(main.Halo, enabled=sys.stdout.isatty())
    main.UpdateChecker.check = lambda *_: None
    main.signal = SimpleNamespace(SIGINT=signal.SIGINT, SIGTERM=signal.SIGTERM, signal=lambda *_: None)
    try:
        main.cli.main(arguments, prog_name=program, standalone_mode=False)
    except click.ClickException as error:
        print(f"error: {error.format_message()}", file=sys.stderr)
        return USAGE
    return 0


def with_known_names(program: str, command: Callable[..., None]) -> Callable[..., None]:
    """The command, with errors in one line, which names the most similar names for one that is not known."""
    from dbt_common.exceptions import DbtBaseException
    from dbt_metricflow.cli.cli_errors import LoadSemanticManifestException
    from metricflow_semantics.errors.error_classes import InvalidQueryException, MetricFlowException

    @functools.wraps(command)
    def in_one_line(config: "CLIConfiguration", **options: Any) -> None:
        metrics = options.get("metrics") or ()
        try:
            try:
                if not config.is_setup:
                    config.setup()
                if "order" in options:  # by default, rows are in the order of what they are grouped by
                    options["order"] = options["order"] or options.get("group_by")
                if dimension := options.get("dimension"):  # the command prints errors itself
                    check(config, program, metrics, [dimension])
                command(config, **options)
            except InvalidQueryException:
                if metrics:
                    check(config, program, metrics, options.get("group_by") or (), options.get("order") or ())
                raise
        except UnknownName as error:
            end(error, USAGE)
        except (MetricFlowException, DbtBaseException, LoadSemanticManifestException, OSError) as error:
            if (where := options.get("where")) and "Referenced column" in str(error):
                end(UnknownName(f"--where {' and '.join(where)}: {HOW_TO_SELECT}"), USAGE)
            end(error, FAILED)

    return in_one_line


def end(error: Exception, code: int) -> None:
    """Ends the process with the error's message in one line."""
    print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
    sys.exit(code)


def check(
    config: "CLIConfiguration",
    program: str,
    metrics: Sequence[str],
    groups: Sequence[str],
    order: Sequence[str] = (),
) -> None:
    """Raises UnknownName for a name to group or to order by that the metrics do not have."""
    known = {*dimensions(config, metrics)}
    for name in groups:
        if name.lower() not in known and not is_grain_of(name.lower(), known):
            of = ",".join(metrics)
            raise UnknownName(
                f"{name}: not a dimension of {of}; {meant(name, known)}"
                f"{program} list dimensions --metrics {of} lists all"
            )
    queried = [*metrics, *groups]
    for name in order:
        if name.removeprefix("-").lower() not in queried:
            raise UnknownName(f"--order {name}: expected one of the query's own {', '.join(queried)}")


def meant(name: str, known: set[str]) -> str:
    """``did you mean pickup_location__borough? ``: dimensions of which the name is the last part, or similar ones."""
    from pipeline.similar import suggestion  # 0.4 s, as Luigi is imported: only for an error

    time = f"metric_time__{name.lower()}"
    full = [one for one in sorted(known) if one.endswith(f"__{name.lower()}")] + [time] * is_grain_of(time, known)
    return f"did you mean {' or '.join(full)}? " if full else suggestion(name, known)


def dimensions(config: "CLIConfiguration", metrics: Sequence[str]) -> Iterator[str]:
    """What all of the metrics can be grouped by: dimensions, without a grain of time, and entities."""
    for dimension in config.mf.simple_dimensions_for_metrics(list(metrics)):
        yield dimension.granularity_free_dunder_name
    for entity in config.mf.entities_for_metrics(list(metrics)):
        yield entity.name


def is_grain_of(name: str, known: Iterable[str]) -> bool:
    """Whether the name is a known one with a grain of time or a part of a date: ``metric_time__month``."""
    from metricflow_semantic_interfaces.type_enums.time_granularity import TimeGranularity

    before, _, grain = name.rpartition("__")
    return before in known and (grain.startswith("extract_") or grain in {one.value for one in TimeGranularity})


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(run(sys.argv[1], sys.argv[2:]))
