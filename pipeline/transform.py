"""Raw -> marts: dbt for one or more months, in a process of its own: dbt locks DuckDB's file while it lives."""

import hashlib
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
from pipeline.sources import month_beside, read_yaml

log = logging.getLogger(__name__)

PROJECT = Path(__file__).parent.parent / "dbt"
FAILING_ROWS_SHOWN = 5
OTHER_CONTRACT = "was built with other columns than its contract now has"
"""What assert_same_columns.sql says."""


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


@cache
def project_digest() -> str:
    """What stands for the project's files: another one when any of them changes."""
    files = (path for path in PROJECT.rglob("*") if path.suffix in {".sql", ".yml"})
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted(files))).hexdigest()[:16]


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

    A month that follows one of them is built as well where its verdicts change: a ride that stands in two files counts
    in the earlier one, whichever was loaded first. ``folder`` is where dbt leaves its target and its logs.
    Raises TransformFailed with what dbt says of the first failures and some of the failing rows, WarehouseBusy where
    another process holds the warehouse.
    """
    results, failed = attempt(warehouse, months, folder, duck)
    if failed and OTHER_CONTRACT in str(failed):
        refresh(warehouse, folder, duck)
        results, failed = attempt(warehouse, months, folder, duck)
    if failed:
        raise failed
    if following := overtaken(warehouse, months, duck):
        build(warehouse, following, folder, duck)
    kinds = [result["unique_id"].split(".")[0] for result in results]
    return Built(kinds.count("model"), kinds.count("test"), sum(result["execution_time"] for result in results))


def attempt(
    warehouse: Path, months: Sequence[date], folder: Path, duck: Settings
) -> tuple[list[dict[str, Any]], TransformFailed | WarehouseBusy | None]:
    """Dbt's results of one try, and what is wrong with them."""
    ended = run_dbt(["build", "--exclude-resource-type", "unit_test"], warehouse, folder, duck, months)
    results = read_results(folder)
    failures = [result for result in results if result["status"] in {"error", "fail", "runtime error"}]
    if ended.returncode or failures:
        return results, failure(failures, ended.stdout, warehouse, months, duck)
    return results, None


def overtaken(warehouse: Path, months: Sequence[date], duck: Settings) -> list[date]:
    """The months after these whose facts were built when another file, or none, lay before theirs."""
    row = "source, source_month, source_row"
    with connected(warehouse, duck, read_only=True) as con:
        return [
            month
            for (month,) in con.execute(
                f"""
                with rejected as (
                    select {row}, reason from audit.rejected_trips where source_month in $1
                ),
                repeated as (select {row} from staging.int_trips__repeated where source_month in $1)
                select source_month from repeated anti join rejected using ({row})
                union
                select source_month from rejected anti join repeated using ({row}) where reason = 'in_earlier_file'
                order by 1
                """,
                [sorted({month_beside(month, 1) for month in months} - set(months))],
            ).fetchall()
        ]


def contents(warehouse: Path, months: Sequence[date], duck: Settings) -> dict[date, str]:
    """What stands for the content of each of these months and of those beside them, in the order of the calendar.

    The rides at the edge of a month lie in its neighbour's file, so that loading one changes what the other publishes.
    """
    around = sorted({month_beside(month, distance) for month in months for distance in (-1, 0, 1)})
    with connected(warehouse, duck, read_only=True) as con:
        found = con.execute(
            """
            select source_month, md5(sum(row_hash)::varchar)
            from (
                select source_month, hash(hours) as row_hash from core.fct_hourly_mobility as hours
                where source_month in $1
                union all
                select source_month, hash(source, rows_fact, rows_rejected) from audit.month_ledger
                where source_month in $1
            )
            group by source_month
            """,
            [around],
        ).fetchall()
    return dict.fromkeys(around, "") | dict(found)


def refresh(warehouse: Path, folder: Path, duck: Settings) -> None:
    """Makes the tables anew, for all months: a month of this contract has no place in those of another.

    Raises TransformFailed where dbt fails; what it says is on the terminal.
    """
    log.warning("the models' columns have changed: building all months anew")
    if run_dbt(["run", "--full-refresh"], warehouse, folder, duck).returncode:
        raise TransformFailed(f"the models cannot be built anew; {folder / 'logs' / 'dbt.log'} says why")


def document(warehouse: Path, folder: Path, duck: Settings) -> Path:
    """Dbt's documentation of the models as one page, which it returns the path of.

    Raises TransformFailed where dbt fails.
    """
    if run_dbt(["docs", "generate", "--static", "--quiet"], warehouse, folder, duck).returncode:
        raise TransformFailed(f"dbt cannot describe the models; {folder / 'logs' / 'dbt.log'} says why")
    return folder / "target" / "static_index.html"


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
