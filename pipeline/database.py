"""DuckDB connections: settings that fit the machine, and errors that name the process or the disk at fault."""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import NoSpace, WarehouseBusy

if TYPE_CHECKING:
    import duckdb

Settings = Mapping[str, str]
"""DuckDB's ``threads``, ``memory_limit`` and ``temp_directory``."""

TIME_ZONE = "UTC"
"""Of every connection: without it, DuckDB converts timestamps with a time zone by the zone of the machine."""
HOLDER = re.compile(r"lock is held in (.*?) \(PID (\d+)\)")
GLOB = re.compile(r"[*?[]")
DISK = ("No space left", "Permission denied", "Read-only file system", "Not a directory", "Disk quota exceeded")


@dataclass(frozen=True)
class Warehouse:
    """The DuckDB file, the folder in which dbt runs on it, and the settings of its connections."""

    path: Path
    dbt_folder: Path
    settings: Settings

    def connect(self, read_only: bool = False) -> AbstractContextManager["duckdb.DuckDBPyConnection"]:
        """A connection to the file; see ``connect`` below."""
        return connect(self.path, self.settings, read_only)


def settings_for(threads: int, memory_gb: float, spill: Path, share: str) -> Settings:
    """Settings for this machine.

    ``threads`` 0 means one per core; ``memory_gb`` 0 means ``share`` of the memory of the machine, container or
    service. A share is written ``50%``: DuckDB computes it and respects control groups (2.0, seen with version 1).
    """
    return {
        "threads": str(threads or cores()),
        "memory_limit": f"{memory_gb * 1000:.0f}MB" if memory_gb else share,
        "temp_directory": str(spill),
    }


def cores() -> int:
    """The number of cores that this process may use."""
    return len(os.sched_getaffinity(0))


@contextmanager
def connect(database: Path, settings: Settings, read_only: bool = False) -> Iterator["duckdb.DuckDBPyConnection"]:
    """A connection to a database file, which is created where it does not exist (``:memory:`` for none), in UTC.

    Raises WarehouseBusy where another process holds the file, naming that process, and NoSpace where the disk is full
    or not writable.
    """
    import duckdb

    try:
        with duckdb.connect(database, read_only=read_only, config=dict(settings)) as con:
            con.execute(f"set global timezone = {literal(TIME_ZONE)}")
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
            found = re.search(r'"exception_message":"(.*?)","', text)
            reason = found[1].replace('\\"', '"') if found else text.splitlines()[0]
            raise NoSpace(f"{reason}; free some space, or choose another MOBILITY_DATA") from error
        raise


def in_memory() -> AbstractContextManager["duckdb.DuckDBPyConnection"]:
    """A connection to a database in memory, for queries on files."""
    return connect(Path(":memory:"), {})


def busy_error(text: str, database: Path) -> WarehouseBusy | None:
    """The error to raise where DuckDB's message says that another process holds the file."""
    if holder := HOLDER.search(text):
        return WarehouseBusy(
            f"{database}: held by process {holder[2]} ({holder[1]}); wait for it or stop it; "
            "published/ can be read meanwhile"
        )
    return None


def exactly(path: Path) -> str:
    """The path as a pattern of DuckDB that matches this file alone: ``*``, ``?`` and ``[`` in it match themselves."""
    return GLOB.sub(r"[\g<0>]", str(path))


def file_argument(path: Path) -> str:
    """The arguments with which DuckDB reads this file alone, without columns from names of folders (``year=2024``)."""
    return f"{literal(exactly(path))}, hive_partitioning = false"


def literal(text: object) -> str:
    """The text as an SQL string."""
    return "'" + str(text).replace("'", "''") + "'"


def quoted(name: str) -> str:
    """The name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'
