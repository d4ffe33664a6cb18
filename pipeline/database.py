"""DuckDB connections: settings that fit the machine, and errors that name the process or the disk at fault."""

import logging
import os
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING

from pipeline.errors import BadFile, BadInput, NoSpace, WarehouseBusy
from pipeline.lock import locked
from pipeline.paths import FULL, disk_remedy, program
from pipeline.process import cores, memory_of_machine
from pipeline.progress import report

if TYPE_CHECKING:
    import duckdb

Settings = Mapping[str, str]
"""DuckDB's ``threads``, ``memory_limit`` and ``temp_directory``."""

TIME_ZONE = "UTC"
"""Of every connection: without it, DuckDB converts timestamps with a time zone by the zone of the machine."""
ENGINES = ("duckdb", "spark")
"""What can build the marts; warehouse/engines.py has how."""
HOLDER = re.compile(r"lock is held in (.*?) \(PID (\d+)\)")
GLOB = re.compile(r"[*?[]")
DAMAGED = ("not a valid DuckDB database", "Corrupt database", "computed checksum", "Could not read enough bytes")
DISK = (*FULL, "Permission denied", "Read-only file system", "Not a directory")
HEADERS = 3 * 4096
"""Bytes that DuckDB writes first of all into a new file."""
GB_PER_THREAD = 1.1
"""With more, DuckDB is no faster and only keeps more: six months of 5.6 million trips take 62 s and 4.8 GB without this
limit, and 64 s and 2.6 GB with it (two threads, 2026-11)."""
QUIET_S = 2.0
"""Seconds of waiting that are not worth a line."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Warehouse:
    """The DuckDB file, the folder in which dbt runs on it, and the settings of its connections."""

    path: Path
    dbt_folder: Path
    settings: Settings
    wait_s: float = 0
    """Seconds to wait for another process that holds the file."""
    engine: str = ENGINES[0]
    spark_master: str = "local[*]"
    spark_memory: str = "2g"
    """Of Spark's driver, as Java writes it."""

    def changing(self) -> AbstractContextManager[None]:
        """Keeps other processes from loading rows and building marts in the time of the block.

        luigid lets one at a time do so. Where it has lost a machine that still works, this lock makes the other wait.
        """
        return locked(self.path.with_suffix(".lock"), self.wait_s, "changes the marts")

    def connect(self, read_only: bool = False) -> AbstractContextManager["duckdb.DuckDBPyConnection"]:
        """A connection to the file; see ``connect`` below."""
        return connect(self.path, self.settings, read_only, self.wait_s)

    def exists(self) -> bool:
        """Whether anything was loaded."""
        return self.path.exists()

    def check(self) -> None:
        """Nothing: DuckDB is always there."""

    def dbt_variables(self) -> dict[str, str]:
        """The environment variables that dbt/profiles.yml reads.

        Paths are relative to the folder in which dbt runs, so that dbt's partial parse stays valid when the data folder
        is moved: after a change of the profile dbt parses the whole project again.
        """
        folder = self.dbt_folder.resolve()
        return {
            "MOBILITY_ENGINE": "duckdb",
            "MOBILITY_WAREHOUSE": os.path.relpath(self.path.resolve(), folder),
            "MOBILITY_THREADS": self.settings["threads"],
            "MOBILITY_MEMORY": self.settings["memory_limit"],
            "MOBILITY_TMP": os.path.relpath(Path(self.settings["temp_directory"]).resolve(), folder),
        }


def check_engine(name: str) -> str:
    """The name of an engine; raises BadInput for one that is not known."""
    if name not in ENGINES:
        raise BadInput(f"engine {name!r}: must be {' or '.join(ENGINES)} (MOBILITY_ENGINE, or [mobility] in luigi.cfg)")
    return name


def settings_for(threads: int, memory_gb: float, spill: Path, share: float) -> Settings:
    """Settings for this machine.

    ``threads`` 0 means one per core; ``memory_gb`` 0 means ``share`` of the memory of the machine, container or
    service, but not more than ``GB_PER_THREAD``. Raises BadInput for a negative number.
    """
    if min(threads, memory_gb) < 0:
        raise BadInput(f"[mobility] threads {threads}, memory {memory_gb:g} GB: expected 0 or more, in luigi.cfg")
    threads = threads or cores()
    memory_gb = memory_gb or min(share * memory_of_machine() / 1e9, GB_PER_THREAD * threads)
    return {
        "threads": str(threads),
        "memory_limit": f"{memory_gb * 1000:.0f}MB",
        "temp_directory": str(spill),
    }


@contextmanager
def connect(
    database: Path, settings: Settings, read_only: bool = False, wait_s: float = 0
) -> Iterator["duckdb.DuckDBPyConnection"]:
    """A connection to a database file, which is created where it does not exist (``:memory:`` for none), in UTC.

    Waits up to ``wait_s`` seconds for another process that holds the file. Then raises WarehouseBusy, naming that
    process. Raises NoSpace where the disk is full or not writable, and BadFile where the file is damaged.
    """
    import duckdb

    try:
        with open_when_free(database, settings, read_only, wait_s) as con:
            con.execute(f"set global timezone = {literal(TIME_ZONE)}")
            yield con
    except RuntimeError as error:
        if "Query interrupted" in str(error):  # DuckDB's error after Ctrl-C, which Luigi would take for a failed task
            raise KeyboardInterrupt from error
        raise
    except duckdb.Error as error:  # a full disk is an IOException, or at commit a TransactionException
        text = str(error)
        if full := disk_error(text):
            raise full from error
        if isinstance(error, duckdb.IOException) and any(words in text for words in DAMAGED):
            raise BadFile(
                f"{database}: is damaged ({text.splitlines()[0]}); {program()} verify --repair builds it again "
                "from the downloaded files"
            ) from error
        raise


def open_when_free(database: Path, settings: Settings, read_only: bool, wait_s: float) -> "duckdb.DuckDBPyConnection":
    """An open connection. Raises WarehouseBusy where another process still holds the file after ``wait_s`` seconds."""
    import duckdb

    began, has_warned = time.monotonic(), False
    while True:
        try:
            return duckdb.connect(database, read_only=read_only, config=dict(settings))
        except duckdb.IOException as error:
            busy, waited = busy_error(str(error), database), time.monotonic() - began
            if not busy:
                raise
            if waited >= wait_s:
                raise busy from error
            if waited >= QUIET_S and not has_warned:
                log.warning("%s; waiting up to %.0f s", str(busy).split(";")[0], wait_s)
                has_warned = True
        time.sleep(0.1)


@contextmanager
def reporting_progress(con: "duckdb.DuckDBPyConnection") -> Iterator[None]:
    """Reports, each half second, how many percent of the block's query are done, as DuckDB estimates."""
    con.execute("set enable_progress_bar = true")
    con.execute("set enable_progress_bar_print = false")
    has_ended = Event()

    def watch() -> None:
        while not has_ended.wait(0.5):
            if (percent := con.query_progress()) >= 0:
                report(round(percent), 100)

    watching = Thread(target=watch, daemon=True)
    watching.start()
    try:
        yield
    finally:
        has_ended.set()
        watching.join()


def is_missing(database: Path) -> bool:
    """Whether there is no database file, or one that was never created completely: the disk was full, or a kill."""
    return not database.exists() or database.stat().st_size < HEADERS


def in_memory() -> AbstractContextManager["duckdb.DuckDBPyConnection"]:
    """A connection to a database in memory, for queries on small files: two threads read them no faster than one."""
    return connect(Path(":memory:"), {"threads": "1"})


def busy_error(text: str, database: Path) -> WarehouseBusy | None:
    """The error to raise where DuckDB's message says that another process holds the file."""
    if holder := HOLDER.search(text):
        return WarehouseBusy(
            f"{database}: held by process {holder[2]} ({holder[1]}); wait for it or stop it; "
            "published/ can be read meanwhile"
        )
    return None


def disk_error(text: str) -> NoSpace | None:
    """The error to raise where the message of DuckDB or dbt says that the disk is full or not writable."""
    line = next((line for line in text.splitlines() if any(words in line for words in DISK)), None)
    if line is None:
        return None
    found = re.search(r'"exception_message":"(.*?)","', line)
    reason = found[1].replace('\\"', '"') if found else re.sub(r"^(\w+: )?\[Errno \d+\] ", "", line.strip())
    return NoSpace(f"{reason}; {disk_remedy(reason)}")


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


def storable(con: "duckdb.DuckDBPyConnection", table: str) -> str:
    """SQL of the table's rows for a Parquet file, with HUGEINT columns, such as sums of integers, as BIGINT.

    Parquet has no integers of 128 bits: DuckDB would write floating-point numbers.
    """
    columns = con.execute(f"describe {table}").fetchall()
    casts = ", ".join(f"{quoted(name)}::bigint as {quoted(name)}" for name, type_, *_ in columns if type_ == "HUGEINT")
    return f"select * replace ({casts}) from {table}" if casts else f"select * from {table}"
