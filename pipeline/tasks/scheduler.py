"""Luigi's command line and scheduler: one run in this process, its exit codes, and where luigid listens."""

import os
import sys
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from pipeline.errors import AlreadyRunning, BadInput, NoSpace

T = TypeVar("T")
USAGE = 2
"""Exit code for a wrong command line, as of argparse."""


def exit_on_error(function: Callable[..., T], *args: Any) -> T:
    """What the function returns. For an error of the user's, prints one line to standard error and ends the process."""
    try:
        return function(*args)
    except AlreadyRunning as error:
        from luigi.interface import PidLockAlreadyTakenExit

        print(f"error: {error}", file=sys.stderr)
        raise PidLockAlreadyTakenExit from error  # for which luigi.cfg has an exit code
    except (BadInput, NoSpace) as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(USAGE)


def run_luigi(arguments: Sequence[str]) -> int:
    """Runs ``luigi`` with these arguments in this process; returns its exit code (luigi.cfg, ``[retcode]``)."""
    from luigi.retcodes import run_with_retcodes

    try:
        run_with_retcodes(arguments)
    except SystemExit as ended:
        return int(ended.code or 0)
    raise AssertionError("run_with_retcodes always exits")


def luigid_address() -> tuple[str, int] | None:
    """Host and port of the central scheduler; None where each run is its own (``MOBILITY_SCHEDULER=local``).

    Raises BadInput for another value.
    """
    scheduler = os.environ.get("MOBILITY_SCHEDULER", "local")
    if scheduler == "local":
        return None
    if scheduler != "luigid":
        raise BadInput(f"MOBILITY_SCHEDULER {scheduler!r}: must be luigid or local")
    import luigi.configuration

    config = luigi.configuration.get_config()
    return config.get("core", "scheduler_host", "127.0.0.1"), config.getint("core", "scheduler_port", 8082)
