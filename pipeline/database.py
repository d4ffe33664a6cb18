"""DuckDB, opened: settings that fit the machine, and errors that say who holds the file or what the disk lacks."""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import NoSpace, WarehouseBusy

if TYPE_CHECKING:
    import duckdb

Settings = Mapping[str, str]
"""DuckDB's ``threads``, ``memory_limit`` and ``temp_directory``."""

HOLDER = re.compile(r"lock is held in (.*?) \(PID (\d+)\)")
DISK = ("No space left", "Permission denied", "Read-only file system", "Not a directory", "Disk quota exceeded")


def settings(threads: int, memory_gb: float, spill: Path, share: str) -> Settings:
    """``threads`` 0: one a core; ``memory_gb`` 0: this ``share`` of the machine's, or of the container's or service's.

    A share is «50%», which DuckDB works out itself: it knows of control groups (2.0, seen with version 1 of them).
    """
    return {
        "threads": str(threads or cores()),
        "memory_limit": f"{memory_gb * 1000:.0f}MB" if memory_gb else share,
        "temp_directory": str(spill),
    }


def cores() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0))


@contextmanager
def connected(database: Path, duck: Settings, read_only: bool = False) -> Iterator["duckdb.DuckDBPyConnection"]:
    """A database file, made where there is none (``:memory:`` for none at all).

    Raises WarehouseBusy where another process holds it, naming that process, and NoSpace where the disk is full or not
    writable.
    """
    import duckdb

    try:
        with duckdb.connect(database, read_only=read_only, config=dict(duck)) as con:
            yield con
    except RuntimeError as error:
        if "Query interrupted" in str(error):  # DuckDB's word for Ctrl-C, which Luigi would take for a failed task
            raise KeyboardInterrupt from error
        raise
    except duckdb.IOException as error:
        text = str(error)
        if busy := busy_error(text, database):
            raise busy from error
        if any(words in text for words in DISK):
            said = re.search(r'"exception_message":"(.*?)","', text)
            what = said[1].replace('\\"', '"') if said else text.splitlines()[0]
            raise NoSpace(f"{what}; make room, or choose another MOBILITY_DATA") from error
        raise


def busy_error(text: str, database: Path) -> WarehouseBusy | None:
    """The error to raise where DuckDB's own says that another process has the file."""
    if holder := HOLDER.search(text):
        return WarehouseBusy(
            f"{database}: held by process {holder[2]} ({holder[1]}); wait for it or stop it; "
            "published/ can be read meanwhile"
        )
    return None


def literal(text: object) -> str:
    return "'" + str(text).replace("'", "''") + "'"


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
