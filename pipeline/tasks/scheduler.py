"""Luigi's command line and scheduler: one run in this process, its exit codes, and where luigid listens."""

import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from pipeline.errors import AlreadyRunning, BadInput, MobilityError, NoSpace
from pipeline.history.view import close_view
from pipeline.lock import is_held
from pipeline.paths import disk_error_of
from pipeline.project import CONFIG

T = TypeVar("T")
USAGE = 2
"""Exit code for a wrong command line, as of argparse."""


def exit_on_error(function: Callable[..., T], *args: Any) -> T:
    """What the function returns. For an error of the user's, prints one line to standard error and ends the process.

    A full disk is reported by an alert as well, for runs that a timer starts.
    """
    try:
        return function(*args)
    except AlreadyRunning as error:
        from luigi.interface import PidLockAlreadyTakenExit

        print(f"error: {error}", file=sys.stderr)
        raise PidLockAlreadyTakenExit from error  # for which luigi.cfg has an exit code
    except (BadInput, NoSpace, OSError) as error:
        known = disk_error_of(error) or error
        if not isinstance(known, MobilityError):
            raise
        if isinstance(known, NoSpace):
            from pipeline.history.alerts import Alert, send

            send([Alert("disk", "a run cannot start", str(known))])
        print(f"error: {known}", file=sys.stderr)
        sys.exit(USAGE)


def end_in_one_line(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Prints what Python prints of an exception that nobody catches, and one line for Ctrl-C: ``sys.excepthook``."""
    if issubclass(kind, KeyboardInterrupt):
        report_interruption()
    else:
        close_view()
        sys.__excepthook__(kind, error, trace)


def report_interruption() -> None:
    """Ends the live view, and says what Ctrl-C has done: a command that has locked the data folder has done work."""
    close_view()
    print(f"interrupted{'; the same command resumes where it stopped' * is_held()}", file=sys.stderr)


def run_luigi(arguments: Sequence[str]) -> int:
    """Runs ``luigi`` with these arguments in this process; returns its exit code (luigi.cfg, ``[retcode]``)."""
    from luigi.retcodes import run_with_retcodes

    try:
        run_with_retcodes(arguments)
    except SystemExit as ended:
        return int(ended.code or 0)
    finally:
        close_view()
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


def uses_luigid() -> bool:
    """Whether this run's tasks are distributed by a luigid, so that other runs can work on them as well."""
    from luigi.cmdline_parser import CmdlineParser
    from luigi.interface import core

    return not core().local_scheduler if CmdlineParser.get_instance() else luigid_address() is not None


def drop_killed_workers(luigid: tuple[str, int]) -> None:
    """Waits until luigid may drop workers that were killed a moment ago, and has it drop them (luigi.cfg)."""
    import luigi.configuration
    from luigi.rpc import RemoteScheduler

    time.sleep(luigi.configuration.get_config().getfloat("scheduler", "worker_disconnect_delay"))
    RemoteScheduler("http://{}:{}".format(*luigid)).prune()  # type: ignore[attr-defined]  # Luigi adds its methods


def are_others_running(luigid: tuple[str, int], folder: str) -> bool:
    """Whether luigid has tasks running on this data folder (``folder_id``), by workers that it has not lost."""
    from luigi.rpc import RemoteScheduler

    scheduler: Any = RemoteScheduler("http://{}:{}".format(*luigid))  # Luigi adds its methods
    scheduler.prune()
    return any(name.endswith(f"_{folder}") for name in scheduler.task_list(status="RUNNING", upstream_status=""))


def run_luigid(data: Path, address: str, port: int, arguments: Sequence[str]) -> None:
    """Runs ``luigid`` in this process until a signal ends it, with further arguments; its state is in the data folder.

    Its API accepts any request, so that requests which other sites make by a browser are answered with 403. Raises
    BadInput where it cannot listen.
    """
    from luigi import cmdline, configuration

    from pipeline.loopback import guarded
    from pipeline.luigi_internals import serve_through
    from pipeline.tasks.graph_labels import labelled

    os.environ["MOBILITY_DATA"] = str(data)  # of which luigid.cfg makes its paths
    (data / "luigid").mkdir(parents=True, exist_ok=True)
    configuration.add_config_path(str(CONFIG / "luigid.cfg"))
    serve_through(lambda app: guarded(labelled(app), address))
    try:
        cmdline.luigid(["--address", address, "--port", str(port), *arguments])
    except OSError as error:
        raise BadInput(
            f"luigid cannot listen: {error.strerror}; stop one that runs already, or choose another --port or --address"
        ) from error
