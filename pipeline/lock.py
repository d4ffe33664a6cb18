"""One run at a time in a data folder."""

import json
import os
import sys
from contextlib import suppress
from pathlib import Path

from pipeline.errors import AlreadyRunning, BadInput, NoSpace
from pipeline.paths import disk_remedy

_locked: dict[Path, object] = {}


def lock(folder: Path) -> bool:
    """Locks the data folder until this process ends. Returns False where this process has locked it already.

    Waits ``MOBILITY_WAIT_S`` seconds for another process to end. Raises AlreadyRunning, naming that process, and
    NoSpace where the folder cannot be written.
    """
    if folder in _locked:
        return False
    from filelock import FileLock, Timeout

    holder = folder / ".running.json"  # not in the lock file itself: acquiring the lock truncates that
    file_lock = FileLock(folder / ".running.lock")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file_lock.acquire(timeout=seconds_to_wait())
        holder.write_text(json.dumps({"pid": os.getpid(), "command": " ".join(sys.argv)}))
    except Timeout as error:
        raise AlreadyRunning(already_running(folder, holder)) from error
    except OSError as error:
        reason = str(error.strerror)
        raise NoSpace(f"{folder}: cannot be written ({reason}); {disk_remedy(reason)}") from error
    _locked[folder] = file_lock
    return True


def is_held(folder: Path | None = None) -> bool:
    """Whether this process has locked the folder, or any."""
    return folder in _locked if folder else bool(_locked)


def seconds_to_wait() -> float:
    """``MOBILITY_WAIT_S``, by default 0. Raises BadInput where it is not a number."""
    text = os.environ.get("MOBILITY_WAIT_S", "0")
    try:
        return max(0.0, float(text))
    except ValueError:
        raise BadInput(f"MOBILITY_WAIT_S {text!r}: not a number of seconds") from None


def already_running(folder: Path, holder: Path) -> str:
    """The message for a folder that another process has locked."""
    who = "another process"
    with suppress(OSError, ValueError):
        who = "process {pid} ({command})".format(**json.loads(holder.read_text()))
    return f"already running: {who} works in {folder}; wait for it or stop it"
