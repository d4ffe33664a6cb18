"""Runs Luigi in this process, with the options of the command ``luigi --module pipeline``."""

import logging
import os
import time
from collections.abc import Sequence

from pipeline.errors import BadInput, Unreachable, UploadFailed
from pipeline.history import alerts
from pipeline.history.log import check_format
from pipeline.lock import is_held
from pipeline.operations.health import answers
from pipeline.operations.upload import upload_waiting
from pipeline.paths import data_folder, program, shared_as
from pipeline.publication import address
from pipeline.tasks.base import folder_id
from pipeline.tasks.scheduler import USAGE, are_others_running, drop_killed_workers, luigid_address, run_luigi
from pipeline.tasks.settings import engine

log = logging.getLogger(__name__)

LOOK_AGAIN_S = 5
"""Seconds until a run looks again at what other machines have left to do."""
STAYS = ("--worker-keep-alive", "--worker-max-keep-alive-idle-duration", "60")
"""Has a run wait for tasks of other machines, upon which others become ready, for 60 seconds."""
ALREADY_RUNNING, MISSING_DATA, NOT_RUN, TASK_FAILED, UNHANDLED = 10, 20, 25, 30, 40
"""Exit codes of runs, as [retcode] of luigi.cfg sets them: another run has locked the data folder, some data are not
published yet, the scheduler did not run all tasks, a task failed, Luigi itself raised an error."""
UNFINISHED = {ALREADY_RUNNING, NOT_RUN}
"""Exit codes of runs that left tasks to others."""
NOTHING_DONE = {USAGE, ALREADY_RUNNING}
"""Exit codes of runs that did nothing."""


def run(arguments: Sequence[str]) -> int:
    """Runs a task, given as Luigi's arguments; returns the exit code that luigi.cfg has for the result.

    ``--sources`` sets ``MOBILITY_SOURCES``, ``--log-format`` sets ``MOBILITY_LOG_FORMAT``. The local scheduler is used
    unless ``MOBILITY_SCHEDULER`` is ``luigid``. Where an address of object storage is set, what earlier runs could not
    upload is uploaded at the end. Raises BadInput for a wrong one, and for an unknown engine, before anything is run.
    """
    remaining = list(arguments)
    for name in ("sources", "log-format"):
        if value := pop_option(remaining, f"--{name}"):
            os.environ[f"MOBILITY_{name.replace('-', '_').upper()}"] = value
    check_format()
    engine()
    address()
    command = ["--module", "pipeline", *remaining]
    luigid = luigid_address()
    code = run_by(luigid, command) if luigid else run_luigi([*command, "--local-scheduler"])
    return code if code in NOTHING_DONE else after_uploads(code)


def after_uploads(code: int) -> int:
    """Uploads what waits, and returns the exit code of the run, which is one of failure where that fails."""
    try:
        upload_waiting()
    except UploadFailed as error:
        log.error("%s", error)  # noqa: TRY400 - one line
        return max(code, TASK_FAILED)
    return code


def run_by(luigid: tuple[str, int], command: Sequence[str]) -> int:
    """Runs Luigi's command by the luigid at this address. Raises Unreachable, after an alert, where it is silent."""
    require(luigid, "nothing was run")
    code = run_with_others(luigid, command) if shared_as() else run_alone(luigid, command)
    if code == UNHANDLED:
        require(luigid, "it was lost during the run, and what is complete stays so")
    return code


def run_alone(luigid: tuple[str, int], command: Sequence[str]) -> int:
    """Runs the command, again where luigid counts tasks of a killed run as running: this run has locked the folder."""
    code = run_luigi(command)
    if code == NOT_RUN or (code == ALREADY_RUNNING and is_held(data_folder())):
        log.warning(
            "luigid did not run all tasks: it was restarted, or it waits for a run that was killed; running again"
        )
        drop_killed_workers(luigid)
        code = run_luigi(command)
    return code


def run_with_others(luigid: tuple[str, int], command: Sequence[str]) -> int:
    """Runs the command until nothing is left to this machine and to others, some of which may be lost meanwhile."""
    code = run_luigi([*command, *STAYS])
    while code in UNFINISHED and are_others_running(luigid, folder_id(data_folder())):
        time.sleep(LOOK_AGAIN_S)
        code = run_luigi([*command, *STAYS])
    return run_luigi([*command, *STAYS]) if code in UNFINISHED else code


def require(luigid: tuple[str, int], result: str) -> None:
    """Raises Unreachable, after an alert, unless luigid responds."""
    if not answers(luigid):
        text = (
            f"no response from {luigid[0]}:{luigid[1]}: {result}; start it with {program()} ui, or set "
            "MOBILITY_SCHEDULER=local, and run again"
        )
        alerts.send([alerts.Alert("luigid", "luigid cannot be reached", text)])
        raise Unreachable(f"luigid: {text}")


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
