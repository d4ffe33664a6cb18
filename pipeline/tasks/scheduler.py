"""Luigi's command line and scheduler: one run in this process, and where luigid listens."""

import os
from collections.abc import Sequence

from pipeline.errors import BadInput


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
