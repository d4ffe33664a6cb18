"""Runs Luigi in this process, with the options of the command ``luigi --module pipeline``."""

import logging
import os
from collections.abc import Sequence

from pipeline.errors import BadInput, Unreachable
from pipeline.history import alerts
from pipeline.history.log import check_format
from pipeline.operations.health import answers
from pipeline.tasks.scheduler import luigid_address, run_luigi

log = logging.getLogger(__name__)

NOT_RUN = 25
"""Exit code of luigi.cfg where the scheduler did not run all tasks."""


def run(arguments: Sequence[str]) -> int:
    """Runs a task, given as Luigi's arguments; returns the exit code that luigi.cfg has for the result.

    ``--sources`` sets ``MOBILITY_SOURCES``, ``--log-format`` sets ``MOBILITY_LOG_FORMAT``. The local scheduler is used
    unless ``MOBILITY_SCHEDULER`` is ``luigid``.
    """
    remaining = list(arguments)
    for name in ("sources", "log-format"):
        if value := pop_option(remaining, f"--{name}"):
            os.environ[f"MOBILITY_{name.replace('-', '_').upper()}"] = value
    check_format()
    luigid = luigid_address()
    if luigid and not answers(luigid):
        text = f"no response from {luigid[0]}:{luigid[1]}; start it with ./run.sh ui, or set MOBILITY_SCHEDULER=local"
        alerts.send([alerts.Alert("luigid", "luigid cannot be reached", text)])
        raise Unreachable(f"luigid: {text}")
    command = ["--module", "pipeline", *remaining, *([] if luigid else ["--local-scheduler"])]
    code = run_luigi(command)
    if luigid and code == NOT_RUN:
        log.warning("luigid did not run all tasks, because it was restarted or another run has them; trying once more")
        code = run_luigi(command)
    return code


def pop_option(arguments: list[str], option: str) -> str:
    """Removes the option from the arguments and returns its value, empty where it is missing."""
    for index, argument in enumerate(arguments):
        if argument.startswith(f"{option}="):
            return arguments.pop(index).partition("=")[2]
        if argument == option:
            if index + 1 == len(arguments):
                raise BadInput(f"{option}: needs a value")
            arguments.pop(index)
            return arguments.pop(index)
    return ""
