"""The lake: the warehouse as a folder of Parquet files, which Spark builds and DuckDB reads.

::

    <folder>/records/<schema>/<table>/<table>.parquet   what the pipeline itself records: loads, built, findings, …
    <folder>/marts/<schema>.db/<table>/…                what dbt builds on Spark, by source_month where it is monthly
    <folder>/metastore                                  Spark's catalogue of these tables

The models are those of the DuckDB warehouse, and so are the contents of the tables. One process at a time builds:
the catalogue, which is an embedded database, has one user.
"""

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.database import exactly, in_memory, literal, quoted
from pipeline.errors import TransformFailed
from pipeline.paths import atomic_write
from pipeline.project import DBT
from pipeline.results import Converted, Landed
from pipeline.sources import Source, read_yaml, sources
from pipeline.warehouse import raw, spark
from pipeline.warehouse.dbt import Ended, last_lines, run_dbt
from pipeline.warehouse.transform import BUILD, REBUILD, monthly, outdated_followers

if TYPE_CHECKING:
    import duckdb

log = logging.getLogger(__name__)

RECORDS = (
    ("raw_data", "loads"),
    ("raw_data", "replaced"),
    ("raw_data", "built"),
    ("raw_data", "federal_holidays"),
    ("estimates", "weather_effects"),
    ("estimates", "weather_effects_pooled"),
    ("quality", "findings"),
)
"""The tables that the pipeline itself writes."""
SCHEMAS = ("staging", "core", "audit")
"""The schemas of the tables that dbt builds."""


@dataclass(frozen=True)
class Lake:
    """The folder, the folder of the converted Parquet files, the one in which dbt runs, and Spark's settings."""

    folder: Path
    parquet: Path
    """Has ``<source>/<month>.parquet``."""
    dbt_folder: Path
    master: str = "local[2]"
    memory: str = "2g"
    """Of the driver, as Java writes it."""

    def dbt_variables(self) -> dict[str, str]:
        """What profiles.yml reads. Paths are absolute: Spark's catalogue has such paths."""
        return {
            "MOBILITY_ENGINE": "spark",
            "MOBILITY_LAKE": str(self.folder.resolve()),
            "MOBILITY_SPARK_MASTER": self.master,
            "MOBILITY_SPARK_MEMORY": self.memory,
        }

    @contextmanager
    def records(self, read_only: bool = False) -> Iterator["duckdb.DuckDBPyConnection"]:
        """A connection with the pipeline's own records as tables, which are written when the block ends."""
        with in_memory() as con:
            raw.prepare(con)
            for schema, table in RECORDS:
                if (path := self.record_file(schema, table)).exists():
                    con.execute(f"delete from {schema}.{table}")
                    con.execute(f"insert into {schema}.{table} by name select * from {literal(exactly(path))}")
            yield con
            if not read_only:
                self.write_records(con)

    def write_records(self, con: "duckdb.DuckDBPyConnection") -> None:
        """Writes the records that the connection has."""
        for schema, table in RECORDS:
            path = self.record_file(schema, table)
            path.parent.mkdir(parents=True, exist_ok=True)
            with atomic_write(path) as part:
                con.execute(f"copy {schema}.{table} to {literal(part)} (format parquet, compression zstd)")

    def record_file(self, schema: str, table: str) -> Path:
        return self.folder / "records" / schema / table / f"{table}.parquet"

    @contextmanager
    def connect(self, read_only: bool = True) -> Iterator["duckdb.DuckDBPyConnection"]:
        """A connection for reading alone: the records as tables, and a view of each table that dbt has built."""
        assert read_only
        with self.records(read_only=True) as con:
            for schema in SCHEMAS:
                con.execute(f"create schema if not exists {schema}")
                for folder in sorted(path for path in (self.folder / f"marts/{schema}.db").glob("*") if path.is_dir()):
                    con.execute(f"create view {schema}.{quoted(folder.name)} as {query_of(folder)}")
            yield con


def query_of(folder: Path) -> str:
    """A query of the Parquet files of a table. The names of its folders have ``source_month``."""
    if not any(folder.rglob("*.parquet")):
        return query_of_nothing(folder.name)
    is_monthly = any(folder.glob("source_month=*"))
    options = "hive_partitioning = true, hive_types = {'source_month': date}"
    if not is_monthly:
        options = "hive_partitioning = false"
    return f"select * from read_parquet({literal(f'{exactly(folder)}/**/*.parquet')}, {options})"


def query_of_nothing(model: str) -> str:
    """A query of the columns that a model declares, without rows. Spark writes no file where there are none."""
    files = (read_yaml(path) for path in DBT.glob("models/**/*.yml"))
    declared = next(one for file in files for one in file.get("models", []) if one["name"] == model)
    types = {column["name"]: column["data_type"] for column in declared["columns"]}
    columns = (f"null::{'varchar' if '{{' in type_ else type_} as {quoted(name)}" for name, type_ in types.items())
    return f"select {', '.join(columns)} where false"


def load(lake: Lake, source: Source, month: date, parquet: Path, landed: Landed, converted: Converted) -> int:
    """Records the month's file as loaded, in the place of an earlier one; returns its rows. Spark reads it as it is."""
    with lake.records() as con:
        rows = int(con.execute(f"select count(*) from {literal(exactly(parquet))}").fetchall()[0][0])
        if rows != converted.rows:
            raise AssertionError(f"{parquet}: it has {rows} rows, {converted.rows} were converted")
        raw.record_replaced(con, source.name, month, landed.sha256)
        con.execute("delete from raw_data.loads where source = ? and source_month = ?", [source.name, month])
        entry = asdict(landed) | asdict(converted) | {"source": source.name, "source_month": month, "rows_raw": rows}
        entry |= {"loaded_at": datetime.now(UTC).isoformat()}
        del entry["file"]
        values = ", ".join(f"${name} as {name}" for name in entry)
        con.execute(f"insert into raw_data.loads by name select {values}", entry)
    return rows


def begin(lake: Lake, months: Mapping[date, Sequence[str]]) -> None:
    """Records from which sources the marts of each month are about to be built; those of all months are static."""
    with lake.records() as con:
        for month, names in months.items():
            con.execute("delete from raw_data.built where source_month = ?", [month])
            con.execute(
                "insert into raw_data.built select source, source_month from raw_data.loads "
                "where source_month = ? and source in ?",
                [month, list(names)],
            )


def build(lake: Lake, months: Sequence[date]) -> None:
    """Builds and tests the models of these source months on Spark, and the months after them whose rejections change.

    Raises BadInput or Unreachable where Spark cannot start, and TransformFailed with dbt's messages.
    """
    built = months_built(lake)
    full_refresh = () if {*built} - {*months} else ("--full-refresh",)
    ended = run(lake, [[*BUILD, *full_refresh]], months)
    if any(result["error_code"] == REBUILD for result in ended.results):
        log.warning("a table does not exist or differs from its contract: building the tables of all months")
        ended = run(lake, [[*BUILD, "--full-refresh"]], built)
    failures = [result for result in ended.results if result["status"] in {"error", "fail", "runtime error"}]
    if ended.returncode or failures:
        reason = "; ".join(f"{one['unique_id'].split('.')[2]}: {one['message']}" for one in failures[:3])
        span = ", ".join(f"{month:%Y-%m}" for month in months)
        raise TransformFailed(f"{span}: dbt on Spark: {' '.join(reason.split()) or last_lines(ended.output)}")
    if following := outdated_followers(lake, months):
        build(lake, following)


def months_built(lake: Lake) -> list[date]:
    """The months that the marts contain, or are about to contain."""
    with lake.records(read_only=True) as con:
        query = "select distinct source_month from raw_data.built where source in $1 order by 1"
        return [month for (month,) in con.execute(query, [monthly()]).fetchall()]


def run(lake: Lake, commands: Sequence[Sequence[str]], months: Sequence[date] = ()) -> Ended:
    """Runs dbt's commands in one process, and so in one session of Spark, to which the raw layer is declared first.

    Raises BadInput or Unreachable where Spark cannot start.
    """
    spark.check(lake.master)
    statements = json.dumps({"statements": [*declarations(lake)]})
    return run_dbt(lake, [["run-operation", "run_statements", "--args", statements], *commands], months)


def declarations(lake: Lake) -> Iterator[str]:
    """Statements that declare the raw layer: the loaded files, and the pipeline's own records."""
    with lake.records() as con:  # writes those that do not exist yet
        loaded = con.execute("select source, list(source_month order by source_month) from raw_data.loads group by 1")
        months: dict[str, list[date]] = dict(loaded.fetchall())
    nothing = lake.folder / "records/nothing"
    nothing.mkdir(parents=True, exist_ok=True)
    for schema in ("raw_files", "raw_data", "estimates", "quality"):
        yield f"create schema if not exists {schema}"
    for schema, table in RECORDS:
        yield from spark.declare_records(schema, table, lake.record_file(schema, table).parent.resolve())
    for source in sources().values():
        folder = lake.parquet / source.name if months.get(source.name) else nothing
        yield from spark.declare_source(source, folder.resolve(), months.get(source.name, []))
