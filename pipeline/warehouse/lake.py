"""The lake: the models' tables as Parquet files, which Spark builds and the warehouse file shows as views.

::

    warehouse/spark/records/<schema>/<table>/<table>.parquet   what the pipeline records: loads, findings, … for Spark
    warehouse/spark/marts/<schema>.db/<table>/…                what dbt builds on Spark, by source_month where monthly
    warehouse/spark/metastore                                  Spark's catalogue of these tables
    warehouse/nyc_mobility.duckdb                              the records, and views of all of it

Whatever reads the marts reads the file, so that only their build depends on the engine. One process at a time builds:
the catalogue, which is an embedded database, has one user.
"""

import json
import logging
import math
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from pipeline.database import Warehouse, exactly, literal, quoted
from pipeline.errors import Unreachable
from pipeline.paths import atomic_write
from pipeline.sources import sources
from pipeline.warehouse import spark, views
from pipeline.warehouse.contents import OF_LAKE
from pipeline.warehouse.dbt import Ended, run_dbt, semantic_manifest
from pipeline.warehouse.raw_views import months_by_types, parquet_of

log = logging.getLogger(__name__)

REMAINS = re.compile(r"\[LOCATION_ALREADY_EXISTS\][^\n]*'file:([^']+)'")
"""Spark's error where a new table's folder has files already."""
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
ROWS_PER_PARTITION = 500_000
MIN_PARTITIONS = 4
SPARK_PROCESS = Path(__file__).with_name("spark_process.py")
NO_EXECUTOR = re.compile(r"^Spark has had no executor for .* s$", re.MULTILINE)
"""The line with which that program ends."""
SCHEMAS = ("staging", "core", "audit")
"""The schemas of the tables that dbt builds."""
VIEWS = ("run", "--select", "config.materialized:view", "config.materialized:atomic_view", "--no-write-json")


@dataclass(frozen=True)
class Lake:
    """The folder, the one in which dbt runs on Spark, and how Spark is started."""

    folder: Path
    dbt_folder: Path
    master: str
    memory: str
    partitions: int = MIN_PARTITIONS
    """Into how many Spark divides the rows of a join, at first: it combines those that turn out to be small."""

    def exists(self) -> bool:
        """Whether Spark's catalogue does."""
        return (self.folder / "metastore").exists()

    def check(self) -> None:
        """Raises BadInput where Spark cannot start, and Unreachable where a cluster does not answer."""
        spark.check(self.master)
        spark.check_folder(self.folder)

    def dbt_variables(self) -> dict[str, str]:
        """What profiles.yml reads. Paths are absolute: Spark's catalogue has such paths."""
        return {
            "MOBILITY_ENGINE": "spark",
            "MOBILITY_LAKE": str(self.folder.resolve()),
            "MOBILITY_SPARK_MASTER": self.master,
            "MOBILITY_SPARK_MEMORY": self.memory,
            "MOBILITY_SPARK_PARTITIONS": str(self.partitions),
            "MOBILITY_SPARK_WAIT_S": str(spark.seconds_to_wait()),
        }


def lake_of(warehouse: Warehouse) -> Lake:
    """The lake beside the warehouse file."""
    folder = warehouse.path.parent / "spark"
    return Lake(folder, folder / "dbt", warehouse.spark_master, warehouse.spark_memory)


def run(warehouse: Warehouse, commands: Sequence[Sequence[str]], months: Sequence[date] = ()) -> Ended:
    """Runs dbt's commands in one session of Spark, for these months; the warehouse file shows the tables afterwards.

    Raises BadInput where Spark cannot start, and Unreachable where a cluster does not answer or has no executor left.
    """
    lake = replace(lake_of(warehouse), partitions=partitions_of(warehouse, months))
    lake.check()
    statements = json.dumps({"statements": [*declarations(warehouse, lake)]})
    declared = [["run-operation", "run_statements", "--args", statements], *commands]
    ended = run_dbt(lake, declared, months, SPARK_PROCESS)
    if ended.returncode and delete_remains(lake, ended):
        ended = run_dbt(lake, declared, months, SPARK_PROCESS)
    if found := NO_EXECUTOR.search(ended.output):
        raise Unreachable(f"spark master {lake.master}: {found[0]}; start workers of it, and run again")
    if ended.returncode:
        return ended
    show(warehouse, lake)
    if not views.are_current(warehouse):
        of_views = run_dbt(warehouse, [VIEWS])
        return of_views if of_views.returncode else ended
    return ended


def partitions_of(warehouse: Warehouse, months: Sequence[date]) -> int:
    """The number of partitions for what is loaded of the months, or of all of them where none are named.

    A power of two, as dbt parses the whole project again where the number is another one than before.
    """
    with warehouse.connect(read_only=True) as con:
        sql = "select coalesce(sum(rows_raw), 0) from raw_data.loads where source_month in $months or $months = []"
        [(rows,)] = con.execute(sql, {"months": [*months]}).fetchall()
    needed: int = math.ceil(rows / ROWS_PER_PARTITION)
    return max(MIN_PARTITIONS, 1 << (needed - 1).bit_length())


def declarations(warehouse: Warehouse, lake: Lake) -> Iterator[str]:
    """Statements that declare the raw layer to Spark: the loaded files, and copies of the pipeline's own records."""
    with warehouse.connect(read_only=True) as con:
        loaded = {name: months_by_types(con, source) for name, source in sources().items()}
        for schema, table in RECORDS:
            with atomic_write(lake.folder / "records" / schema / table / f"{table}.parquet") as part:
                con.execute(f"copy {schema}.{table} to {literal(part)} (format parquet, compression zstd)")
    nothing = lake.folder / "records/nothing"
    nothing.mkdir(parents=True, exist_ok=True)
    for schema in ("raw_files", "raw_data", "estimates", "quality"):
        yield f"create schema if not exists {schema}"
    for schema, table in RECORDS:
        yield from spark.declare_records(schema, table, (lake.folder / "records" / schema / table).resolve())
    for source in sources().values():
        months = loaded[source.name]
        folder = parquet_of(source, source.first_month).parent if months else nothing
        yield from spark.declare_source(source, folder.resolve(), months)


def delete_remains(lake: Lake, ended: Ended) -> bool:
    """Deletes folders of tables that the catalogue does not know; returns whether there were any.

    A run that was killed while Spark created a table leaves its files, and Spark creates no table over files.
    """
    messages = "\n".join(result["message"] or "" for result in ended.results)
    folders = {Path(path) for path in REMAINS.findall(messages)}
    marts = (lake.folder / "marts").resolve()
    remains = [folder for folder in folders if folder.is_relative_to(marts) and folder.is_dir()]
    for folder in remains:
        log.warning("%s: an earlier run was killed while it created this table; deleting its files", folder)
        shutil.rmtree(folder)
    return bool(remains)


def show(warehouse: Warehouse, lake: Lake) -> None:
    """Makes the warehouse file show the lake's tables, in the place of those that it has of another engine."""
    types = declared_types(warehouse)
    with warehouse.connect() as con:
        con.begin()
        tables = set(con.execute("select schema_name, table_name from duckdb_tables()").fetchall())
        for schema in SCHEMAS:
            con.execute(f"create schema if not exists {schema}")
            for folder in sorted(path for path in (lake.folder / f"marts/{schema}.db").glob("*") if path.is_dir()):
                if (schema, folder.name) in tables:
                    con.execute(f"drop table {schema}.{quoted(folder.name)}")
                view = f"{schema}.{quoted(folder.name)}"
                con.execute(f"create or replace view {view} as {query_of(folder, types[folder.name])}")
                con.execute(f"comment on view {view} is {literal(OF_LAKE)}")
        con.commit()


def query_of(folder: Path, types: Mapping[str, str]) -> str:
    """A query of the Parquet files of a table, with these columns. Spark writes no file where there are no rows.

    The names of folders have ``source_month``.
    """
    files = f"{exactly(folder.resolve())}/**/*.parquet"
    if not any(folder.rglob("*.parquet")):
        columns = (f"null::{type_} as {quoted(name)}" for name, type_ in types.items())
        return f"select {', '.join(columns)} where false"
    options = "hive_partitioning = false"
    if any(folder.glob("source_month=*")):
        options = "hive_partitioning = true, hive_types = {'source_month': date}"
    columns = (f"{quoted(name)}::{type_} as {quoted(name)}" for name, type_ in types.items())
    return f"select {', '.join(columns)} from read_parquet({literal(files)}, {options})"


def declared_types(warehouse: Warehouse) -> dict[str, dict[str, str]]:
    """The types of the columns of each model in DuckDB, by its contract: Spark has text where they are enums."""
    manifest = json.loads(semantic_manifest(warehouse).with_name("manifest.json").read_text())
    models = (node for node in manifest["nodes"].values() if node["resource_type"] == "model")
    return {model["name"]: {name: column["data_type"] for name, column in model["columns"].items()} for model in models}
