"""Raw -> marts: runs dbt for one or more months, and for the months after them whose rejections change."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import date
from textwrap import shorten
from typing import Any

from pipeline.database import Warehouse, busy_error, disk_error
from pipeline.errors import MobilityError, NoSpace, TransformFailed, WarehouseBusy
from pipeline.months import add_months
from pipeline.results import Transformed
from pipeline.sources import sources
from pipeline.warehouse import raw, raw_views, views
from pipeline.warehouse.batches import batches
from pipeline.warehouse.dbt import Ended, last_lines
from pipeline.warehouse.engines import has_views, run_models

log = logging.getLogger(__name__)

FAILING_ROWS_SHOWN = 5
LONGEST_MESSAGE = 400
"""Characters of dbt's message on a model or test: Spark's has its plan of the query. dbt's own log has all of it."""
BUILD = ("build", "--resource-type=model", "--resource-type=test", "--exclude=tag:on_request", "--no-write-json")
"""Without unit tests, which need no month's data, and data tests tagged on_request (CONTRIBUTING.md says which)."""
STORED = ("config.materialized:table", "config.materialized:monthly", "config.materialized:hourly")
TABLES = ("--select", *STORED, "tag:of_months", "resource_type:test")
"""Without the views that are the same for every month."""
EVERY_HOUR = ("run", "--select", "config.materialized:hourly", "--no-write-json")
REBUILD = "MOBILITY-REBUILD"
"""The error code of dbt/macros/materializations/raise_rebuild_needed.sql."""

BeforeBuild = Callable[[Sequence[date]], None]
"""Called with months before their marts, and hours of their neighbours, change."""


def build_all(
    warehouse: Warehouse, months: Sequence[date], before_build: BeforeBuild
) -> tuple[dict[date, Transformed], MobilityError | None]:
    """Builds the months in one run of dbt, or one by one where that fails, so that one bad month stops no other.

    Returns the months that were built, and the error of those that could not be, if any.
    """
    try:
        return dict.fromkeys(months, build(warehouse, months, before_build)), None
    except TransformFailed as error:
        if len(months) == 1:
            return {}, error
        log.warning("%s; building the months one by one", error)
        return build_one_by_one(warehouse, months, before_build)
    except (WarehouseBusy, NoSpace) as error:
        return {}, error


def build_one_by_one(
    warehouse: Warehouse, months: Sequence[date], before_build: BeforeBuild
) -> tuple[dict[date, Transformed], MobilityError | None]:
    """As ``build_all``, with one run of dbt for each month."""
    results = [build_all(warehouse, [month], before_build) for month in months]
    built = {month: transformed for done, _ in results for month, transformed in done.items()}
    errors = [str(error) for _, error in results if error]
    return built, TransformFailed("; ".join(errors)) if errors else None


def build(warehouse: Warehouse, months: Sequence[date], before_build: BeforeBuild = lambda _: None) -> Transformed:
    """Builds and tests the models of these source months from the loaded sources.

    The month after one of them is built as well if its rejections change: a ride in two files counts in the earlier
    file, in any order of loading.
    Raises TransformFailed with dbt's messages on the first failures and some of the failing rows, WarehouseBusy where
    another process has locked the warehouse.
    """
    before_build(months)
    raw.show_around(warehouse, months)
    results, error = run_build(warehouse, months)
    if any(result["error_code"] == REBUILD for result in results):
        before_build(months_built(warehouse))
        refresh(warehouse)
        raw.show_around(warehouse, months)
        results, error = run_build(warehouse, months)
    if error:
        raise error
    if following := outdated_followers(warehouse, months):
        build(warehouse, following, before_build)
    kinds = [result["unique_id"].split(".")[0] for result in results]
    return Transformed(kinds.count("model"), kinds.count("test"), sum(result["execution_time"] for result in results))


def run_build(warehouse: Warehouse, months: Sequence[date]) -> tuple[list[dict[str, Any]], MobilityError | None]:
    """The results of one run of dbt, and its error if any.

    A full refresh creates the tables where no other month is built; otherwise they must exist. With another project
    than that of the last run, all hours of hourly tables are built: they may have other bands of weather.
    """
    full_refresh = () if are_others_built(warehouse, months) else ("--full-refresh",)
    selection = TABLES if has_views(warehouse) else ()
    if not selection:
        views.forget(warehouse)
    runs = [run_when_free(warehouse, [[*BUILD, *selection, *full_refresh]], months)]
    if not (runs[0].returncode or selection or full_refresh):
        raw.show_all(warehouse)
        runs.append(run_when_free(warehouse, [EVERY_HOUR]))
    for ended in runs:
        failures = [result for result in ended.results if result["status"] in {"error", "fail", "runtime error"}]
        if ended.returncode or failures:
            return ended.results, failure(failures, ended.output, warehouse, months)
    if not selection:
        views.record(warehouse)
    return runs[0].results, None


def run_when_free(warehouse: Warehouse, commands: Sequence[Sequence[str]], months: Sequence[date] = ()) -> Ended:
    """Runs dbt's commands, again where another process had opened the warehouse before dbt did: dbt does not wait."""
    until = time.monotonic() + warehouse.wait_s
    while True:
        ended = run_models(warehouse, commands, months)
        if not busy_error(ended.output, warehouse.path) or time.monotonic() >= until:
            return ended
        with warehouse.connect():  # waits for that process
            pass


def are_others_built(warehouse: Warehouse, months: Sequence[date]) -> bool:
    """Whether the marts contain other months than these."""
    return bool({*months_built(warehouse)} - {*months})


def months_built(warehouse: Warehouse) -> list[date]:
    """The months that the marts contain."""
    with warehouse.connect(read_only=True) as con:
        months = con.execute(
            "select distinct source_month from raw_data.built where source in $1 order by 1", [monthly()]
        )
        return [month for (month,) in months.fetchall()]


def monthly() -> list[str]:
    """The names of the sources that have a file for each month."""
    return [source.name for source in sources().values() if not source.static]


def outdated_followers(warehouse: Warehouse, months: Sequence[date]) -> list[date]:
    """The months after these whose facts were built with another, or without the, preceding file."""
    row = "source, source_month, source_row"
    with warehouse.connect(read_only=True) as con:
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


def content_digests(warehouse: Warehouse, months: Sequence[date]) -> dict[date, dict[str, str]]:
    """Digests of the marts' rows of each of these months and of their neighbours.

    ``facts`` changes with the rows that count as trips, ``content`` with the hours and their weather as well: rides at
    the edge of a month are in its neighbour's file, and so is weather that the month's own file lacks, so that loading
    one changes what is published of the other.
    """
    around = sorted({add_months(month, distance) for month in months for distance in (-1, 0, 1)})
    with warehouse.connect(read_only=True) as con:
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
                union all
                select date_trunc('month', local_hour)::date as month, hash(weather), false
                from core.dim_weather as weather where month in $1
            )
            group by source_month
            """,
            [around],
        ).fetchall()
    digests = {month: {"facts": facts or "", "content": content} for month, facts, content in found}
    return {month: digests.get(month, {"facts": "", "content": ""}) for month in around}


def refresh(warehouse: Warehouse) -> None:
    """Builds the tables of all months again, where one does not exist or has the columns of an earlier contract.

    Raises TransformFailed where dbt fails, and BadFile where a file of loaded rows is lost.
    """
    log.warning("a table does not exist or differs from its contract: building the tables of all months")
    with warehouse.connect(read_only=True) as con:
        rows = dict(
            con.execute(
                """
                select source_month, sum(rows_raw)::bigint from raw_data.built join raw_data.loads
                using (source, source_month) group by 1
                """
            ).fetchall()
        )
        raw_views.require_files(con, rows)
    for number, months in enumerate(batches(rows)):
        raw.show_around(warehouse, months)
        ended = run_when_free(warehouse, [["run", *(() if number else ("--full-refresh",)), "--no-write-json"]], months)
        if ended.returncode:
            reason = f"the tables of all months cannot be built: {last_lines(ended.output)}"
            raise disk_error(ended.output) or TransformFailed(reason)


def failure(
    failures: Sequence[Mapping[str, Any]], output: str, warehouse: Warehouse, months: Sequence[date]
) -> MobilityError:
    """The error to raise: the failed models and tests, with some of the failing rows."""
    span = ", ".join(f"{month:%Y-%m}" for month in months)
    text = "\n".join([*(result["message"] or "" for result in failures), output])
    if known := busy_error(text, warehouse.path) or disk_error(text):
        return known
    if not failures:
        return TransformFailed(f"{span}: dbt could not start: {last_lines(output)}")
    messages = [message_of(result, warehouse) for result in failures[:3]]
    more = f" (and {len(failures) - 3} more)" if len(failures) > 3 else ""
    return TransformFailed(f"{span}: dbt: {'; '.join(messages)}{more}")


def message_of(result: Mapping[str, Any], warehouse: Warehouse) -> str:
    """The name of the failed model or test, with dbt's message."""
    name = result["unique_id"].split(".")[2]
    message = shorten((result["message"] or "").split(" > in macro")[0], LONGEST_MESSAGE, placeholder=" …")
    query = result.get("compiled_code")
    if result["status"] != "fail" or not query:
        return f"{name}: {message}"
    rows = failing_rows(query, warehouse)
    return f"{name}: {message}, such as {rows}" if rows else f"{name}: {message}"


def failing_rows(query: str, warehouse: Warehouse) -> list[dict[str, Any]]:
    """The first rows that a failed test found; none where the query is of an engine whose SQL DuckDB cannot read."""
    import duckdb

    with suppress(duckdb.Error), warehouse.connect(read_only=True) as con:
        found = con.execute(f"select * from ({query}) limit {FAILING_ROWS_SHOWN}")
        names = [column[0] for column in found.description or []]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    return []
