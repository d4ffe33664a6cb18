"""How a command ends: its exit code, and the one line on standard error that says why."""

import os
import sys
from collections.abc import Callable

import click

from pipeline.errors import AlreadyRunning, BadInput, MobilityError, NoSpace
from pipeline.operations.arguments import OutputClosed
from pipeline.operations.run import ALREADY_RUNNING, TASK_FAILED
from pipeline.paths import disk_error_of
from pipeline.tasks.scheduler import USAGE, report_interruption

INTERRUPTED, OUTPUT_CLOSED = 130, 141
"""As in a shell: after Ctrl-C, and where nobody reads the output any more, as in ``status | head -1``."""
NOT_CONFIRMED = 1


def exit_code(command: Callable[[], int]) -> int:
    """Runs a command of click's; returns the exit code. An error is one line on standard error."""
    try:
        code = command()
        sys.stdout.flush()
    except (OutputClosed, BrokenPipeError):
        return close_output()
    except click.ClickException as error:
        prefix = "" if isinstance(error, click.exceptions.NoArgsIsHelpError) else "error: "
        text = error.format_message()
        if isinstance(error, click.MissingParameter) and error.ctx:
            text = f"{' '.join(text.split()).rstrip('.')}; {error.ctx.command_path} --help says more"
        click.echo(f"{prefix}{text}", err=True)
        return USAGE
    except (click.Abort, KeyboardInterrupt):
        report_interruption()
        return INTERRUPTED
    except (MobilityError, OSError) as error:
        known = disk_error_of(error) or error
        if not isinstance(known, MobilityError):
            raise
        click.echo(f"error: {known}", err=True)
        return {AlreadyRunning: ALREADY_RUNNING, BadInput: USAGE, NoSpace: USAGE}.get(type(known), TASK_FAILED)
    return code


def close_output() -> int:
    """Lets Python end without an error about output that it cannot write; returns the exit code."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    return OUTPUT_CLOSED


def require_confirmation(question: str) -> None:
    """Asks on the terminal. Ends the process where the answer is no, or Ctrl-C."""
    try:
        if click.confirm(question):
            return
        code = NOT_CONFIRMED
    except click.Abort:
        click.echo(err=True)
        code = INTERRUPTED
    click.echo("nothing was deleted", err=True)
    raise click.exceptions.Exit(code)
