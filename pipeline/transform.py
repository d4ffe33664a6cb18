"""Raw -> marts: dbt for one or more months, in a process of its own: dbt locks DuckDB's file while it lives."""

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.duck import Settings, busy_error, connected
from pipeline.errors import TransformFailed, WarehouseBusy
from pipeline.sources import read_yaml

log = logging.getLogger(__name__)

PROJECT = Path(__file__).parent.parent / "dbt"
FAILING_ROWS_SHOWN = 5


@dataclass(frozen=True)
class Built:
    """How many models and tests dbt ran, and in how many seconds."""

    models: int
    tests: int
    seconds: float


@cache
def model_version() -> str:
    """The declared version of the models (dbt_project.yml); where it is raised, all months are built anew."""
    return str(read_yaml(PROJECT / "dbt_project.yml")["version"])


def build_all(
    warehouse: Path, months: Sequence[date], folder: Path, duck: Settings
) -> Iterator[tuple[Sequence[date], Built]]:
    """Builds the months in one start of dbt, or, where that fails, one by one, so that one bad month holds up no other.

    Gives the months that are built as soon as they are; raises what ``build`` raises for the first that cannot be.
    """
    try:
        yield months, build(warehouse, months, folder, duck)
    except TransformFailed as failed:
        if len(months) == 1:
            raise
        log.warning("%s; trying the months one by one", failed)
        yield from one_by_one(warehouse, months, folder, duck)


def one_by_one(
    warehouse: Path, months: Sequence[date], folder: Path, duck: Settings
) -> Iterator[tuple[Sequence[date], Built]]:
    failures: list[TransformFailed] = []
    for month in months:
        try:
            yield [month], build(warehouse, [month], folder, duck)
        except TransformFailed as failed:
            failures.append(failed)
    if failures:
        raise TransformFailed("; ".join(map(str, failures)))


def build(warehouse: Path, months: Sequence[date], folder: Path, duck: Settings) -> Built:
    """Builds the models of these source months from whatever is loaded for them, and tests them.

    ``folder`` is where dbt leaves its target and its logs.
    Raises TransformFailed with what dbt says of the first failures and some of the failing rows, WarehouseBusy where
    another process holds the warehouse.
    """
    ended = run_dbt(["build", "--exclude-resource-type", "unit_test"], warehouse, folder, duck, months)
    results = read_results(folder)
    failures = [result for result in results if result["status"] in {"error", "fail", "runtime error"}]
    if ended.returncode or failures:
        raise failure(failures, ended.stdout, warehouse, months, duck)
    kinds = [result["unique_id"].split(".")[0] for result in results]
    return Built(kinds.count("model"), kinds.count("test"), sum(result["execution_time"] for result in results))


def run_dbt(
    arguments: Sequence[str], warehouse: Path, folder: Path, duck: Settings, months: Sequence[date] = ()
) -> subprocess.CompletedProcess[str]:
    """Runs dbt on the warehouse, for these months and quietly, or else for all months and seen on the terminal.

    The months go by an environment variable: other ``--vars`` than last time would make dbt parse the whole project
    again (2.7 s, 2026-11).
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "target" / "run_results.json").unlink(missing_ok=True)
    places = ["--project-dir", PROJECT, "--profiles-dir", PROJECT]
    places += ["--target-path", folder / "target", "--log-path", folder / "logs", "--log-level-file", "info"]
    environment = os.environ | {
        "MOBILITY_WAREHOUSE": str(warehouse),
        "MOBILITY_THREADS": duck["threads"],
        "MOBILITY_MEMORY": duck["memory_limit"],
        "MOBILITY_TMP": duck["temp_directory"],
        "MOBILITY_MONTHS": ",".join(str(month) for month in sorted(months)),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }
    return subprocess.run(
        [Path(sys.executable).with_name("dbt"), *arguments, *map(str, places)],
        env=environment,
        text=True,
        stdout=subprocess.PIPE if months else None,
        stderr=subprocess.STDOUT if months else None,
        check=False,
    )


def read_results(folder: Path) -> list[dict[str, Any]]:
    """Dbt's run_results.json; nothing where dbt did not come so far."""
    try:
        results: list[dict[str, Any]] = json.loads((folder / "target" / "run_results.json").read_text())["results"]
    except FileNotFoundError:
        return []
    return results


def failure(
    failures: Sequence[Mapping[str, Any]], output: str, warehouse: Path, months: Sequence[date], duck: Settings
) -> TransformFailed | WarehouseBusy:
    """The error to raise: what failed, and the rows that show it."""
    span = ", ".join(f"{month:%Y-%m}" for month in months)
    if busy := busy_error(output, warehouse):
        return busy
    if not failures:
        tail = " ".join(line.strip() for line in output.splitlines()[-8:])
        return TransformFailed(f"{span}: dbt could not start: {tail}")
    told = [tell(result, warehouse, duck) for result in failures[:3]]
    more = f" (and {len(failures) - 3} more)" if len(failures) > 3 else ""
    return TransformFailed(f"{span}: dbt: {'; '.join(told)}{more}")


def tell(result: Mapping[str, Any], warehouse: Path, duck: Settings) -> str:
    name = result["unique_id"].split(".")[2]
    message = " ".join((result["message"] or "").split(" > in macro")[0].split())
    query = result.get("compiled_code")
    if result["status"] != "fail" or not query:
        return f"{name}: {message}"
    return f"{name}: {message}, such as {failing_rows(query, warehouse, duck)}"


def failing_rows(query: str, warehouse: Path, duck: Settings) -> list[dict[str, Any]]:
    with connected(warehouse, duck, read_only=True) as con:
        found = con.execute(f"select * from ({query}) limit {FAILING_ROWS_SHOWN}")
        names = [column[0] for column in found.description or []]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
