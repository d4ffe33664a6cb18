"""One run of Luigi in this process, as the command ``luigi --module pipeline`` would have it."""

import os
from collections.abc import Sequence


def run(words: Sequence[str]) -> int:
    """Runs the task that the words name; returns the exit code that luigi.cfg gives to what came of it.

    ``--sources`` of any task are ``MOBILITY_SOURCES``. Unless ``MOBILITY_SCHEDULER`` is ``luigid``, the run is its own
    scheduler.
    """
    from luigi.retcodes import run_with_retcodes

    rest = list(words)
    for name in ("sources", "log-format"):
        if value := taken_out(rest, f"--{name}"):
            os.environ[f"MOBILITY_{name.replace('-', '_').upper()}"] = value
    own = [] if os.environ.get("MOBILITY_SCHEDULER") == "luigid" else ["--local-scheduler"]
    try:
        run_with_retcodes(["--module", "pipeline", *rest, *own])
    except SystemExit as ended:
        return int(ended.code or 0)
    raise AssertionError("Luigi ends with an exit code")


def taken_out(words: list[str], option: str) -> str:
    """The value of the option, which the words no longer hold; empty where they do not."""
    from pipeline.errors import BadInput

    for place, word in enumerate(words):
        if word.startswith(f"{option}="):
            return words.pop(place).partition("=")[2]
        if word == option:
            if place + 1 == len(words):
                raise BadInput(f"{option}: needs a value")
            words.pop(place)
            return words.pop(place)
    return ""
