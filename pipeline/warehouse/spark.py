"""Apache Spark: what must be there before it starts, and the SQL that declares the files of the raw layer to it."""

import math
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date
from importlib.util import find_spec
from pathlib import Path

from pipeline.database import literal
from pipeline.errors import BadInput, Unreachable
from pipeline.paths import installation
from pipeline.sources import Source

JAVA = 17
"""The oldest version of Java that Spark 4 runs on."""
WAIT_S = 5.0
"""Seconds until an address is given up. Spark itself tries for a minute, and prints a stack trace."""
ADDRESS = re.compile(r"spark://([^:,/]+|\[[^]]+\]):([0-9]+)")
PATTERN = re.compile(r"[][{}*?,]")
LISTS = "[]"
TYPES = {"varchar": "string"}
"""Spark's names of declared types, where it has others."""


def check(master: str) -> None:
    """Raises BadInput, in one line, where Spark cannot start, and Unreachable where no master accepts connections."""
    seconds_to_wait()
    check_remote(os.environ.get("SPARK_REMOTE", ""))
    check_installed("pyspark", "pyspark")
    check_installed("dbt.adapters.spark", "dbt-spark")
    check_java()
    check_master(master)


def check_installed(module: str, package: str) -> None:
    """Raises BadInput where the package of a module is not installed."""
    found = None
    with suppress(ModuleNotFoundError):  # of a module that it is in
        found = find_spec(module)
    if found is None:
        raise BadInput(f"engine spark: {package} is not installed; {installation('spark')}")


def check_folder(folder: Path) -> None:
    """Raises BadInput for a path that Spark reads as a pattern of several."""
    if found := PATTERN.search(str(folder)):
        raise BadInput(f"engine spark: {folder}: Spark takes {found[0]} in a path for a pattern; choose another folder")


def check_java() -> None:
    """Raises BadInput where Java is missing or too old. Spark takes that of JAVA_HOME, else that of the path."""
    home = os.environ.get("JAVA_HOME", "")
    java = str(Path(home, "bin", "java")) if home else "java"
    expected = f"engine spark: expected Java {JAVA} or newer"
    if shutil.which(java) is None:
        place = f"in JAVA_HOME, {home}" if home else "on the path"
        raise BadInput(f"{expected}, found none {place}; install one, or set JAVA_HOME")
    ended = subprocess.run([java, "-version"], text=True, capture_output=True, check=False)
    found = java_version(ended.stderr)
    if found is None:
        reason = " ".join(ended.stderr.split())[:200] or f"exit code {ended.returncode}"
        raise BadInput(f"{expected}, found {java}, which does not run: {reason}; set JAVA_HOME to another one")
    if found < JAVA:
        raise BadInput(f"{expected}, found {found}, {java}; install a newer one, or set JAVA_HOME to it")


def java_version(text: str) -> int | None:
    """The version in what ``java -version`` prints: 17 of "17.0.15", 8 of "1.8.0_402"; None where there is none."""
    found = re.search(r'version "(?:1\.)?(\d+)', text)
    return int(found[1]) if found else None


def seconds_to_wait() -> float:
    """``MOBILITY_SPARK_WAIT_S``: seconds without an executor after which a build ends, by default 300.

    They count from the start, where the cluster is busy, and after all executors are lost. Raises BadInput for a text
    that is no positive number.
    """
    text = os.environ.get("MOBILITY_SPARK_WAIT_S") or "300"
    with suppress(ValueError):
        if 0 < (seconds := float(text)) < math.inf:
            return seconds
    raise BadInput(f"MOBILITY_SPARK_WAIT_S {text!r}: not a positive number of seconds")


def check_remote(address: str) -> None:
    """Raises BadInput where Spark would be a server of Spark Connect, whose tables are its own."""
    if address:
        raise BadInput(
            f"engine spark: SPARK_REMOTE is {address!r}, but a server of Spark Connect cannot be used; "
            "unset it, and set spark_master to the master of the cluster, as spark://host:7077"
        )


def check_master(master: str) -> None:
    """Raises BadInput for text that is no master, and Unreachable where none of a cluster's accepts connections.

    Only the addresses of a standalone cluster are tried: a resource manager is configured elsewhere.
    """
    if re.fullmatch(r"local(\[([1-9][0-9]*|\*)\])?|yarn|k8s://\S+", master):
        return
    addresses = ADDRESS.findall(master.replace(",", ",spark://"))
    if not addresses or not master.startswith("spark://"):
        raise BadInput(f"spark master {master!r}: expected local[2], spark://host:7077, yarn or k8s://…")
    reasons = [reason for host, port in addresses if (reason := reason_against(host.strip("[]"), int(port)))]
    if len(reasons) == len(addresses):
        raise Unreachable(f"spark master {master}: {reasons[0]}; start it, or correct the address")


def reason_against(host: str, port: int) -> str:
    """Why no connection to the address can be opened; empty where one can."""
    try:
        with socket.create_connection((host, port), WAIT_S):
            return ""
    except OSError as error:
        return (error.strerror or str(error)).lower()


def type_of(declared: str) -> str:
    """A declared type as Spark writes it: ``array<double>`` for ``double[]``."""
    levels = declared.count(LISTS)
    name = declared.replace(LISTS, "")
    return "array<" * levels + TYPES.get(name, name) + ">" * levels


def name_of(column: str) -> str:
    return "`" + column.replace("`", "``") + "`"


def text_of(path: object) -> str:
    """The text as Spark writes it: its literals have escapes."""
    return literal(str(path).replace("\\", "\\\\")).replace("''", "\\'")


def declare_source(
    source: Source, folder: Path, months_by_types: Mapping[tuple[str, ...], Sequence[date]]
) -> Iterator[str]:
    """Statements that create ``raw_data.<source>``, a view of the source's Parquet files of these months.

    Spark reads the files with a table's types together: each combination of types has a table, and the view casts them
    to the declared ones. Each file has one month; its name has it, and the month of a row is made from it, so that
    Spark opens no file of another month. ``source_row`` is the position of the row in its file.
    """
    declared = tuple(column.type for column in source.columns)
    queries = []
    for number, (types, months) in enumerate((months_by_types or {declared: ()}).items()):
        table = f"raw_files.{source.name}_{number}"
        columns = ", ".join(
            f"{name_of(column.name)} {type_of(type_)}" for column, type_ in zip(source.columns, types, strict=True)
        )
        yield f"drop table if exists {table}"
        yield (
            f"create table {table} ({columns}) using parquet "
            f"options (pathGlobFilter '*.parquet') location {text_of(folder)}"
        )
        queries.append(query_of(source, table, types, months))
    yield f"create or replace view raw_data.{source.name} as {' union all '.join(queries)}"


def query_of(source: Source, table: str, types: Sequence[str], months: Sequence[date]) -> str:
    """The query of the months' rows of a table of files, whose columns have these types."""
    selected = ", ".join(
        name_of(column.name)
        if type_ == column.type
        else f"cast({name_of(column.name)} as {type_of(column.type)}) as {name_of(column.name)}"
        for column, type_ in zip(source.columns, types, strict=True)
    )
    labels = ", ".join(literal(f"{source.label(month)}.parquet") for month in months)
    month = "to_date(concat(left(_metadata.file_name, 7), '-01'))"
    if source.static:
        month = f"date '{source.first_month}'"
    return (
        f"select {selected}, {month} as source_month, _metadata.row_index as source_row "
        f"from {table} where {f'_metadata.file_name in ({labels})' if labels else 'false'}"
    )


def declare_records(schema: str, table: str, folder: Path) -> Iterator[str]:
    """Statements that create a table of the pipeline's own records, of the Parquet file in the folder."""
    yield f"drop table if exists {schema}.{table}"
    yield f"create table {schema}.{table} using parquet location {text_of(folder)}"
