"""One run of Luigi in this process, as the command ``luigi --module pipeline`` would have it."""

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
"""luigi.cfg's exit code where the scheduler let tasks lie."""


def run(words: Sequence[str]) -> int:
    """Runs the task that the words name; returns the exit code that luigi.cfg gives to what came of it.

    ``--sources`` of any task are ``MOBILITY_SOURCES``. Unless ``MOBILITY_SCHEDULER`` is ``luigid``, the run is its own
    scheduler.
    """
    rest = list(words)
    for name in ("sources", "log-format"):
        if value := taken_out(rest, f"--{name}"):
            os.environ[f"MOBILITY_{name.replace('-', '_').upper()}"] = value
    check_format()
    luigid = luigid_address()
    if luigid and not answers(luigid):
        text = (
            f"nobody answers on {luigid[0]}:{luigid[1]}; ./run.sh ui starts it, MOBILITY_SCHEDULER=local does without"
        )
        alerts.send([alerts.Alert("luigid", "luigid cannot be reached", text)])
        raise Unreachable(f"luigid: {text}")
    arguments = ["--module", "pipeline", *rest, *([] if luigid else ["--local-scheduler"])]
    code = run_luigi(arguments)
    if luigid and code == NOT_RUN:
        log.warning(
            "luigid gave no leave to run what is left: it was started again, or has another run of it; once more"
        )
        code = run_luigi(arguments)
    return code


def taken_out(words: list[str], option: str) -> str:
    """The value of the option, which the words no longer hold; empty where they do not."""
    for place, word in enumerate(words):
        if word.startswith(f"{option}="):
            return words.pop(place).partition("=")[2]
        if word == option:
            if place + 1 == len(words):
                raise BadInput(f"{option}: needs a value")
            words.pop(place)
            return words.pop(place)
    return ""
