"""One run at a time in a data folder."""

import json
import os
import sys
from contextlib import suppress
from pathlib import Path

from pipeline.errors import AlreadyRunning, BadInput, NoSpace

_held: dict[Path, object] = {}


def hold(folder: Path) -> bool:
    """Holds the data folder until this process ends; returns whether it did not hold it already.

    Waits ``MOBILITY_WAIT_S`` seconds for another process to end. Raises AlreadyRunning, naming it.
    """
    if folder in _held:
        return False
    from filelock import FileLock, Timeout

    holder = folder / ".running.json"  # not in the lock's own file: taking the lock empties that
    lock = FileLock(folder / ".running.lock")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=seconds_to_wait())
        holder.write_text(json.dumps({"pid": os.getpid(), "command": " ".join(sys.argv)}))
    except Timeout as error:
        raise AlreadyRunning(said_of(folder, holder)) from error
    except OSError as error:
        raise NoSpace(f"{folder}: cannot be written ({error.strerror}); choose another MOBILITY_DATA") from error
    _held[folder] = lock
    return True


def seconds_to_wait() -> float:
    text = os.environ.get("MOBILITY_WAIT_S", "0")
    try:
        return max(0.0, float(text))
    except ValueError:
        raise BadInput(f"MOBILITY_WAIT_S {text!r}: no number of seconds") from None


def said_of(folder: Path, holder: Path) -> str:
    who = "another process"
    with suppress(OSError, ValueError):
        who = "process {pid} ({command})".format(**json.loads(holder.read_text()))
    return f"already running: {who} works in {folder}; wait for it or stop it"
