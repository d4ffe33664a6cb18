"""Who works in a data folder: one command at a time or, where several machines share it, any number of runs.

The locks are those of flock(2), which also NFS has, from Linux 2.6.12 on: the system takes them from a process that
ends, and an NFS server takes them from a machine that is gone.
"""

import fcntl
import json
import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from pipeline.errors import AlreadyRunning, BadInput, NoSpace, WarehouseBusy
from pipeline.paths import disk_remedy

_locked: dict[Path, IO[str]] = {}


def lock(folder: Path, is_shared: bool = False) -> bool:
    """Locks the data folder until this process ends. Returns False where this process has locked it already.

    Any number of processes can have a shared lock, while none has another one. Waits ``MOBILITY_WAIT_S`` seconds for
    other processes to end. Raises AlreadyRunning, naming one, and NoSpace where the folder cannot be written.
    """
    if folder in _locked:
        return False
    holder = folder / ".running.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / ".running.lock").open("a")
        if not acquire(file, fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX, seconds_to_wait()):
            file.close()
            raise AlreadyRunning(already_running(folder, holder))
        owner = {"pid": os.getpid(), "command": " ".join(sys.argv), "host": socket.gethostname()}
        holder.write_text(json.dumps(owner))
    except OSError as error:
        reason = str(error.strerror)
        raise NoSpace(f"{folder}: cannot be written ({reason}); {disk_remedy(reason)}") from error
    _locked[folder] = file
    return True


@contextmanager
def locked(path: Path, wait_s: float, doing: str) -> Iterator[None]:
    """Locks the file for the time of the block; raises WarehouseBusy where another process has it after ``wait_s``.

    ``doing`` is what a process does that has it, such as "changes the marts".
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        if not acquire(file, fcntl.LOCK_EX, wait_s):
            raise WarehouseBusy(f"{path}: another process {doing} for more than {wait_s:.0f} s; run again")
        yield


def acquire(file: IO[str], mode: int, wait_s: float) -> bool:
    """Whether the lock of the file could be acquired within ``wait_s`` seconds."""
    until = time.monotonic() + wait_s
    while True:
        with suppress(BlockingIOError, PermissionError):
            fcntl.flock(file, mode | fcntl.LOCK_NB)
            return True
        if time.monotonic() >= until:
            return False
        time.sleep(0.05)


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
    with suppress(OSError, ValueError, KeyError, TypeError):
        owner = json.loads(holder.read_text())
        who = f"process {owner['pid']} ({owner['command']})"
        if (host := owner.get("host", socket.gethostname())) != socket.gethostname():
            who += f" of {host}"
    return f"already running: {who} works in {folder}; wait for it or stop it"
