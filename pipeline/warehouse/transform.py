"""Raw -> marts: dbt for one or more months, and the months whose verdicts change with them."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pipeline.database import Settings, busy_error, connected
from pipeline.errors import TransformFailed, WarehouseBusy
from pipeline.months import add_months
from pipeline.sources import sources
from pipeline.warehouse.dbt import last_lines, run_dbt

log = logging.getLogger(__name__)

FAILING_ROWS_SHOWN = 5
BUILD = ("build", "--exclude-resource-type", "unit_test", "--no-write-json")
REFRESH = ("run", "--full-refresh", "--no-write-json")
REBUILD = "MOBILITY-REBUILD"
"""The error code of dbt/macros/materializations/raise_rebuild_needed.sql."""


@dataclass(frozen=True)
class Built:
    """How many models and tests dbt ran, and in how many seconds."""

    models: int
    tests: int
    seconds: float


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
    if any(result["error_code"] == REBUILD for result in results):
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
    """Dbt's results of one try, and what is wrong with them.

    The tables are created with their first months; for others they must exist.
    """
    command = BUILD if are_others_built(warehouse, months, duck) else (*BUILD, "--full-refresh")
    ended = run_dbt([command], warehouse, folder, duck, months)
    failures = [result for result in ended.results if result["status"] in {"error", "fail", "runtime error"}]
    if ended.returncode or failures:
        return ended.results, failure(failures, ended.output, warehouse, months, duck)
    return ended.results, None


def are_others_built(warehouse: Path, months: Sequence[date], duck: Settings) -> bool:
    """Whether the marts hold other months than these."""
    monthly = [source.name for source in sources().values() if not source.static]
    with connected(warehouse, duck, read_only=True) as con:
        others = "select count(*) from raw_data.built where source in $1 and source_month not in $2"
        return bool(con.execute(others, [monthly, list(months)]).fetchall()[0][0])


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
                select source_month from (
                    select * from repeated anti join rejected using ({row})
                    union all by name
                    select * from rejected anti join repeated using ({row}) where reason = 'in_earlier_file'
                )
                semi join raw_data.built using (source, source_month)
                group by 1 order by 1
                """,
                [sorted({add_months(month, 1) for month in months} - set(months))],
            ).fetchall()
        ]


def contents(warehouse: Path, months: Sequence[date], duck: Settings) -> dict[date, dict[str, str]]:
    """What stands for what the marts hold of each of these months and of those beside them.

    ``facts`` changes with the rows that count as trips, ``content`` with the hours as well: the rides at the edge of a
    month lie in its neighbour's file, so that loading one changes what the other publishes.
    """
    around = sorted({add_months(month, distance) for month in months for distance in (-1, 0, 1)})
    with connected(warehouse, duck, read_only=True) as con:
        found = con.execute(
            """
            select source_month, md5(sum(row_hash) filter (is_line)::varchar), md5(sum(row_hash)::varchar)
            from (
                -- Another version of DuckDB may hash otherwise: neighbours are then published once more.
                select source_month, hash(hours) as row_hash, false as is_line
                from core.fct_hourly_mobility as hours where source_month in $1
                union all
                select source_month, hash(source, rows_fact, rows_rejected), true
                from audit.month_ledger where source_month in $1
            )
            group by source_month
            """,
            [around],
        ).fetchall()
    marks = {month: {"facts": facts or "", "content": content} for month, facts, content in found}
    return {month: marks.get(month, {"facts": "", "content": ""}) for month in around}


def refresh(warehouse: Path, folder: Path, duck: Settings) -> None:
    """Builds the tables of all months again, where one does not exist or was created under another contract.

    Raises TransformFailed where dbt fails.
    """
    log.warning("a table does not exist or differs from its contract: building the tables of all months")
    with connected(warehouse, duck, read_only=True) as con:
        months = con.execute("select distinct source_month from raw_data.built order by 1").fetchall()
    ended = run_dbt([REFRESH], warehouse, folder, duck, [month for (month,) in months])
    if ended.returncode:
        raise TransformFailed(f"the tables of all months cannot be built: {last_lines(ended.output)}")


def failure(
    failures: Sequence[Mapping[str, Any]], output: str, warehouse: Path, months: Sequence[date], duck: Settings
) -> TransformFailed | WarehouseBusy:
    """The error to raise: what failed, and the rows that show it."""
    span = ", ".join(f"{month:%Y-%m}" for month in months)
    if busy := busy_error(output, warehouse):
        return busy
    if not failures:
        return TransformFailed(f"{span}: dbt could not start: {last_lines(output)}")
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
