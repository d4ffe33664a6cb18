"""Apache Spark as the engine: the tables of DuckDB, row by row and type by type, in any order and after a kill.

Nothing is compared with a tolerance: sums are of decimals and whole numbers, exact in any order.
"""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path

import pytest

from pipeline.database import Warehouse
from pipeline.sample.generate import ANOMALIES, generate
from pipeline.sample.server import Upstream, serve
from pipeline.sources import sources
from pipeline.warehouse import lake
from tests.bench.cluster import WORKER, cluster
from tests.conftest import HERE, Workspace
from tests.faults.contents import hash_of
from tests.faults.scenarios import months_since_the_first
from tests.integration.batch import load_and_transform
from tests.integration.test_eras import SOURCE_MONTHS, generate_eras

pytestmark = pytest.mark.spark

MONTHS = tuple(date(2024, month, 1) for month in (1, 2, 3))
SOURCES_OF_A_SMALL_MONTH = ("fhv_taxi", "taxi_zones")
BIKES = {"citibike", "citibike_jc"}
OF_THE_LOAD = {"audit.file_history", "audit.month_ledger"}
"""Tables with the time of loading and the address of the file."""
UNIT_TESTS = ("test", "--select", "test_type:unit", "--no-write-json")
ON_REQUEST = ("test", "--select", "tag:on_request", "--no-write-json")


@pytest.fixture(scope="module")
def upstream(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Upstream]:
    """Three months of all sources, of which the second has anomalies and the third a change of clocks."""
    root = tmp_path_factory.mktemp("spark-upstream")
    # So few rides may have no line that cannot be read.
    anomalies = {**ANOMALIES, **{name: {**ANOMALIES[name], "unreadable": 0} for name in BIKES}}
    generate(root, MONTHS, sources=[*sources()], scale=0.1, anomalous_months=[MONTHS[1]], anomalies=anomalies)
    with serve(root) as served:
        yield served


def workspace_of(engine: str, data: Path, upstream: Upstream) -> Workspace:
    environment = {"MOBILITY_ENGINE": engine, "MOBILITY_SOURCES": ",".join(sources())}
    return Workspace(data, upstream, environment)


def transform(workspace: Workspace, *months: str) -> Workspace:
    for one in months:
        ended = workspace.transform(one)
        assert ended.returncode == 0, ended.stderr
    return workspace


def tables(workspace: Workspace) -> dict[str, object]:
    """What the receipts record of each table of the marts: its rows and a digest of them."""
    receipts = [
        *(workspace.data / "warehouse/transformed").glob("*.json"),
        workspace.data / "warehouse/dimensions.json",
    ]
    return {
        f"{receipt.stem} {table}": content
        for receipt in receipts
        for table, content in json.loads(receipt.read_text())["tables"].items()
        if table not in OF_THE_LOAD
    }


@pytest.fixture(scope="module")
def on_duckdb(tmp_path_factory: pytest.TempPathFactory, upstream: Upstream) -> Workspace:
    return transform(workspace_of("duckdb", tmp_path_factory.mktemp("duckdb") / "data", upstream), "2024-01")


@pytest.fixture(scope="module")
def on_spark(tmp_path_factory: pytest.TempPathFactory, upstream: Upstream) -> Workspace:
    return transform(workspace_of("spark", tmp_path_factory.mktemp("spark") / "data", upstream), "2024-01")


def test_spark_builds_the_tables_of_duckdb(on_duckdb: Workspace, on_spark: Workspace) -> None:
    expected = tables(on_duckdb)
    assert len(expected) > 20
    assert tables(on_spark) == expected


def test_every_unit_test_passes_on_spark(on_spark: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in on_spark.variables.items():
        monkeypatch.setenv(name, value)
    settings = {"threads": "2", "memory_limit": "1GB", "temp_directory": str(on_spark.data / "spill")}
    warehouse = Warehouse(
        on_spark.data / "warehouse/nyc_mobility.duckdb", on_spark.data / "dbt", settings, engine="spark"
    )
    ended = lake.run(warehouse, [ON_REQUEST, UNIT_TESTS], [MONTHS[0]])
    assert ended.returncode == 0, ended.output
    assert {result["unique_id"].split(".")[0] for result in ended.results} == {"unit_test"}
    assert {result["status"] for result in ended.results} == {"pass"}


@pytest.mark.long
@pytest.mark.parametrize(
    "order", [("2024-01,2024-02,2024-03",), ("2024-03", "2024-01", "2024-02"), ("2024-02", "2024-03", "2024-01")]
)
def test_months_in_any_order_give_the_same_tables(order: tuple[str, ...], tmp_path: Path, upstream: Upstream) -> None:
    engines = {engine: workspace_of(engine, tmp_path / engine, upstream) for engine in ("duckdb", "spark")}
    transform(engines["duckdb"], "2024-01,2024-02,2024-03")
    transform(engines["spark"], *order)
    assert tables(engines["spark"]) == tables(engines["duckdb"])


@pytest.mark.long
def test_whole_months_have_the_same_published_files_findings_and_metrics(tmp_path: Path, upstream: Upstream) -> None:
    found = {}
    for engine in ("duckdb", "spark"):
        workspace = workspace_of(engine, tmp_path / engine, upstream)
        ended = workspace.luigi("RangeMonthly", "--of", "RunMonth", "--start", "2024-01", "--stop", "2024-03")
        assert ended.returncode == 0, ended.stderr
        assert workspace.command("verify").returncode == 0
        found[engine] = dict(published(workspace))
    assert found["spark"] == found["duckdb"]


def published(workspace: Workspace) -> Iterator[tuple[str, object]]:
    import duckdb

    histories = {table.split(".")[1] for table in OF_THE_LOAD}
    with duckdb.connect() as con:
        for path in sorted((workspace.data / "published").rglob("*.parquet")):
            if path.stem not in histories:
                yield str(path.relative_to(workspace.data)), hash_of(con, f"read_parquet('{path}')")
    # Which rows are shown as examples depends on their order in the table.
    observed = "regexp_replace(observed, ', such as .*', '')"
    # A month is judged again where a slow download had it built before its neighbour.
    query = f"""
        select source_month, suite, expectation, column_name, outcome, {observed} from audit.findings
        where is_latest order by all
    """
    yield "findings", workspace.query(query)


@pytest.mark.long
def test_a_forgotten_and_an_emptied_month_give_the_same_tables(tmp_path: Path, upstream: Upstream) -> None:
    engines = [workspace_of(engine, tmp_path / engine, upstream) for engine in ("duckdb", "spark")]
    for workspace in engines:
        transform(workspace, "2024-01,2024-02")
        for command in (("--source", "citibike"), ()):
            assert workspace.command("forget", "2024-02", *command).returncode == 0
            yielded = workspace.query("select count(*) from core.fct_trips where source_month = '2024-02-01'")
            assert (yielded == [(0,)]) == (command == ())
    assert tables(engines[1]) == tables(engines[0])


@pytest.mark.long
def test_a_reissued_file_gives_the_same_tables(tmp_path: Path) -> None:
    generate(tmp_path / "root", MONTHS[:2], sources=SOURCES_OF_A_SMALL_MONTH, scale=0.1)
    generate(tmp_path / "again", MONTHS[1:2], sources=["fhv_taxi"], scale=0.1, seed=7)
    file = "trip-data/fhv_tripdata_2024-02.parquet"
    with serve(tmp_path / "root") as upstream:
        engines = [
            Workspace(tmp_path / engine, upstream, {"MOBILITY_ENGINE": engine, "MOBILITY_SOURCES": "fhv_taxi,weather"})
            for engine in ("duckdb", "spark")
        ]
        for workspace in engines:
            ended = workspace.luigi("RangeMonthly", "--of", "RunMonth", "--start", "2024-01", "--stop", "2024-03")
            assert ended.returncode == 0, ended.stderr
        before = tables(engines[1])
        (tmp_path / "again" / file).replace(upstream.root / file)
        for workspace in engines:
            ended = workspace.command("refresh", "--months", str(months_since_the_first()))
            assert ended.returncode == 0, ended.stderr
            assert workspace.command("verify").returncode == 0
    assert tables(engines[1]) == tables(engines[0])
    assert tables(engines[1])["2024-02 core.fct_trips"] != before["2024-02 core.fct_trips"]


@pytest.mark.long
def test_files_of_every_era_give_the_same_tables(tmp_path: Path) -> None:
    generate_eras(tmp_path / "root")
    with serve(tmp_path / "root") as upstream:
        engines = [Workspace(tmp_path / one, upstream, {"MOBILITY_ENGINE": one}) for one in ("duckdb", "spark")]
        for workspace in engines:
            load_and_transform(workspace, SOURCE_MONTHS)
    assert tables(engines[1]) == tables(engines[0])


@contextmanager
def building(workspace: Workspace, month: str, **environment: str) -> Iterator["subprocess.Popen[str]"]:
    """A run in a session of its own that builds the month, in the middle of its models."""
    luigi = str(Path(sys.executable).with_name("luigi"))
    command = [luigi, "--module", "pipeline", "Transform", "--months", month, "--local-scheduler"]
    variables = workspace.variables | environment
    with subprocess.Popen(
        command, cwd=HERE, env=variables, text=True, stderr=subprocess.PIPE, start_new_session=True
    ) as run:
        assert run.stderr
        next(line for line in run.stderr if re.search(r"tables, [2-9]\d of", line))
        yield run


@pytest.mark.long
def test_a_build_that_is_killed_is_built_again_by_the_next_run(tmp_path: Path, upstream: Upstream) -> None:
    workspace = transform(workspace_of("spark", tmp_path / "spark", upstream), "2024-01")
    expected = transform(workspace_of("duckdb", tmp_path / "duckdb", upstream), "2024-01,2024-02")
    with building(workspace, "2024-02") as run:
        os.killpg(run.pid, signal.SIGKILL)
    # The killed build has withdrawn the receipt of the month before as well: rides in its file may be of that month.
    assert tables(transform(workspace, "2024-01,2024-02")) == tables(expected)


def kill(name: str, folder: Path) -> int:
    """Kills the processes of Java with this name that work in the folder; returns how many there were."""
    found = 0
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            command = (process / "cmdline").read_text()
            if name in command and (str(folder) in command or (process / "cwd").readlink().is_relative_to(folder)):
                os.kill(int(process.name), signal.SIGKILL)
                found += 1
    return found


@pytest.mark.long
def test_a_cluster_that_loses_an_executor_builds_the_same_tables(tmp_path: Path, upstream: Upstream) -> None:
    expected = transform(workspace_of("duckdb", tmp_path / "duckdb", upstream), "2024-01")
    workspace = workspace_of("spark", tmp_path / "spark", upstream)
    with cluster(tmp_path / "cluster") as master, building(workspace, "2024-01", MOBILITY_SPARK_MASTER=master) as run:
        assert kill("CoarseGrainedExecutorBackend", tmp_path / "cluster/work0") == 1
        _, errors = run.communicate(timeout=600)
        assert run.returncode == 0, errors
    assert tables(workspace) == tables(expected)


@pytest.mark.long
def test_a_cluster_without_workers_ends_a_run_in_one_line(tmp_path: Path, upstream: Upstream) -> None:
    expected = transform(workspace_of("duckdb", tmp_path / "duckdb", upstream), "2024-01")
    workspace = workspace_of("spark", tmp_path / "spark", upstream)
    with cluster(tmp_path / "cluster") as master:
        environment = {"MOBILITY_SPARK_MASTER": master, "MOBILITY_SPARK_WAIT_S": "10"}
        with building(workspace, "2024-01", **environment) as run:
            assert kill(WORKER, tmp_path / "cluster") == 2
            _, errors = run.communicate(timeout=300)
    assert run.returncode
    assert f"spark master {master}: Spark has had no executor for 10 s; start workers" in errors
    assert "Traceback" not in errors
    assert not (workspace.data / "published").exists()
    assert tables(transform(workspace, "2024-01")) == tables(expected)


@pytest.mark.long
def test_the_engine_of_a_data_folder_can_be_changed(tmp_path: Path, upstream: Upstream) -> None:
    duckdb = transform(workspace_of("duckdb", tmp_path / "data", upstream), "2024-01")
    spark = transform(workspace_of("spark", tmp_path / "data", upstream), "2024-02")
    both = tables(spark)
    assert (
        tables(transform(duckdb, "2024-03")).items()
        >= {name: content for name, content in both.items() if name.startswith("2024-01 core.fct_trips")}.items()
    )
    assert duckdb.command("verify", "--quick").returncode == 0
