"""The benchmarks: the work of the pipeline and of the baseline, and the bounds."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from pipeline.months import add_months
from pipeline.sources import Source, sources
from tests.bench import baseline, cluster, pipeline_steps, upstream
from tests.bench.measure import ZERO, Cost, measure, measure_command, median
from tests.bench.results import Result, disk_size
from tests.bench.upstream import MONTHS, NEXT, ROWS, SMALL_MONTHS, SMALL_ROWS
from tests.bench.watch import watch

LUIGI = Path(sys.executable).with_name("luigi")
START_UP = {"month": Cost(15, 15, 0), "range": Cost(20, 20, 0)}
"""The seconds allowed for the start-up of Python, Luigi, dbt, Great Expectations and MetricFlow in a run."""
ADDED_MONTHS = 4
"""Months that are added to many small months and to few."""


@dataclass
class Benchmarks:
    """All benchmarks. ``work`` is a folder for temporary files; ``cache`` has the generated upstreams."""

    cache: Path
    work: Path
    scale: float
    repeats: int

    @contextmanager
    def serve(self, name: str, months: tuple[date, ...], rows: dict[str, int]) -> Iterator[None]:
        """Serve an upstream, with its addresses in the environment."""
        root = upstream.cached_upstream(self.cache, name, months, rows, self.scale)
        with upstream.serve(root) as addresses:
            os.environ.update(addresses)
            yield

    def use(self, data: Path) -> Path:
        """Set the data folder of the following steps."""
        os.environ["MOBILITY_DATA"] = str(data)
        return data

    def measure_repeatedly(self, function: Callable[..., Any], *args: Any) -> Cost:
        return median([measure(function, *args)[0] for _ in range(self.repeats)])

    def luigi(self, *arguments: str) -> Cost:
        command: list[str | Path] = [LUIGI, "--module", "pipeline", *arguments, "--local-scheduler"]
        return measure_command(command, os.environ, self.work / "luigi.log")

    @cached_property
    def range(self) -> tuple[Path, Cost]:
        """The data folder of the six months, and the cost of their run."""
        data = self.use(self.work / "range")
        options = ("--start", f"{MONTHS[0]:%Y-%m}", "--stop", f"{NEXT:%Y-%m}", "--workers", "2")
        with self.serve("months", (*MONTHS, NEXT), ROWS):
            return data, self.luigi("RangeMonthly", "--of", "RunMonth", *options)

    @cached_property
    def month(self) -> tuple[Path, Cost]:
        """The data folder of one month, and the cost of its run."""
        data = self.use(self.work / "month")
        with self.serve("months", (*MONTHS, NEXT), ROWS):
            return data, self.luigi("RunMonth", "--month", f"{MONTHS[0]:%Y-%m}", "--workers", "2")

    @cached_property
    def baseline_range(self) -> tuple[Path, Cost]:
        return self.baseline_run(self.range[0], MONTHS)

    def baseline_run(self, data: Path, months: tuple[date, ...]) -> tuple[Path, Cost]:
        """Run the baseline of all steps in sequence. Returns its database and the cost.

        ``data`` is the data folder of the pipeline for the same months.
        """
        folder = self.work / f"baseline-{len(months)}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        database, cost, loads = folder / "baseline.duckdb", ZERO, []
        with self.serve("months", (*MONTHS, NEXT), ROWS):
            for name in ROWS:
                for month in months:
                    landed, parquet = folder / f"{name}-{month}.landed", folder / f"{name}-{month}.parquet"
                    cost += measure(baseline.download, url_of(name, month), landed)[0]
                    cost += measure(baseline.convert, sources()[name], landed, parquet)[0]
                    loads.append((name, month, parquet))
        cost += measure(baseline.load, database, loads)[0]
        measure(baseline.copy_dimensions, database, data / "warehouse/nyc_mobility.duckdb")
        cost += measure(baseline.build_facts, database, months)[0]
        for month in months:
            cost += measure(baseline.publish, database, month, folder)[0]
        check_equal_trips(database, data, months)
        return database, cost

    def forward(self) -> Iterator[Result]:
        """A month after three others, all of RunMonth, and what a user would write by hand for its files."""
        data, month = self.use(self.work / "forward"), MONTHS[3]
        options = ("--start", f"{MONTHS[0]:%Y-%m}", "--stop", f"{month:%Y-%m}", "--workers", "2")
        with self.serve("months", (*MONTHS, NEXT), ROWS):
            self.luigi("RangeMonthly", "--of", "RunMonth", *options)
            cost = self.luigi("RunMonth", "--month", f"{month:%Y-%m}", "--workers", "2")
        published = str(data / f"published/fct_trips/month={month:%Y-%m}/*.parquet")
        landed = [(name, one, landed_file(data, name, one)) for name in ROWS for one in (MONTHS[2], month)]
        warehouse, by_hand = data / "warehouse/nyc_mobility.duckdb", self.work / "by-hand"
        direct = self.measure_repeatedly(baseline.files_to_facts, landed, warehouse, [month], by_hand)
        expected = measure(baseline.content_of, f"read_parquet('{by_hand}/fct_trips.parquet')")[1]
        found = measure(baseline.content_of, f"read_parquet('{published}', hive_partitioning = false)")[1]
        if found != expected:
            raise AssertionError(f"the pipeline's trips have the count and hash {found}, those by hand {expected}")
        yield Result("RunMonth after three months", cost, direct, 3)
        steps = steps_of_last_run(data)
        to_transform = sum((steps[name] for name in ("Download", "Convert", "Load", "Transform")), ZERO)
        start = self.measure_repeatedly(pipeline_steps.start_dbt)
        yield Result("of it, Download to Transform", to_transform, direct, 1.5, start)
        for name, step in steps.items():
            yield Result(f"  {name}", step)

    def runs(self) -> Iterator[Result]:
        data, cost = self.range
        yield Result("RangeMonthly, six months, 2 workers", cost, self.baseline_range[1], 1.8, START_UP["range"])
        converted = self.baseline_range[0].parent
        parquet = disk_size(*(path for name in ROWS for path in converted.glob(f"{name}-*.parquet")))
        yield Result("warehouse on disk, MB", disk_size(data / "warehouse/nyc_mobility.duckdb"), parquet, 2.5)
        left = [data / folder for folder in ("landing", "parquet", "warehouse", "published")]
        yield Result("all that the months leave, MB", disk_size(*left), parquet, 5)
        month, cost = self.month
        yield Result("RunMonth, cold", cost, self.baseline_run(month, MONTHS[:1])[1], 2, START_UP["month"])

    def marts(self) -> Iterator[Result]:
        database, data = self.baseline_range[0], self.use(self.range[0])
        start = self.measure_repeatedly(pipeline_steps.start_dbt)
        yield Result("one start of dbt", start)
        rebuilt = measure(baseline.rebuild_facts, database, MONTHS)[0]
        yield Result("all months, facts rebuilt", measure(pipeline_steps.refresh)[0], rebuilt, 1.3, start)
        check_equal_trips(database, data, MONTHS)
        tested = measure(pipeline_steps.build, MONTHS)[0]
        yield Result("all months, facts rebuilt and tested", tested, rebuilt, 1.3, start)
        files = self.prepare_month(data, NEXT)
        baseline_files = [(name, month, parquet) for name, month, parquet, *_ in files if name in ROWS]
        measure(pipeline_steps.load, files)
        measure(baseline.load, database, baseline_files)
        forward = measure(pipeline_steps.build, [NEXT])[0]
        added = measure(baseline.build_facts, database, [NEXT])[0]
        yield Result("one month added to six", forward, added, 1.5, start)
        measure(pipeline_steps.forget, MONTHS[2])
        measure(pipeline_steps.load, self.prepare_month(data, MONTHS[2]))
        again = measure(pipeline_steps.build, [MONTHS[2]])[0]
        yield Result("a month in the middle added again", again, forward, 1.1)

    def prepare_month(self, data: Path, month: date) -> list[pipeline_steps.Loadable]:
        with self.serve("months", (*MONTHS, NEXT), ROWS):
            return [measure(pipeline_steps.prepare, data, name, month)[1] for name in (*ROWS, "weather")]

    def engines(self) -> Iterator[Result]:
        """The marts of one month, and of six, by each engine; a cluster is two workers on this machine."""
        prepared = self.use(self.work / "prepared")
        with self.serve("months", (*MONTHS, NEXT), ROWS):
            source_months = [(name, month) for month in MONTHS for name in (*ROWS, "weather")]
            source_months += [(name, sources()[name].first_month) for name in upstream.ZONES]
            files = measure(pipeline_steps.prepare_all, prepared, source_months)[1]
        with cluster.cluster(self.work / "cluster") as address:
            masters = {"DuckDB": "", "Spark, local[2]": "local[2]", "Spark, two workers": address}
            costs: dict[int, Cost] = {}
            for name, master in masters.items():
                data = self.use(self.work / f"engine{len(list(self.work.glob('engine*')))}")
                shutil.copytree(prepared / "parquet", data / "parquet", copy_function=os.link)
                os.environ.update({"MOBILITY_ENGINE": "spark" if master else "duckdb", "MOBILITY_SPARK_MASTER": master})
                measure(pipeline_steps.load, files)
                for months in (MONTHS[:1], MONTHS):
                    with watch(os.getpid()) as used:
                        cost = measure(pipeline_steps.build, months)[0]
                    cost = Cost(cost.seconds, used.cpu, used.peak_mb)  # with Java's processes
                    yield Result(f"marts of {len(months)} months, {name}", cost, costs.setdefault(len(months), cost))
        del os.environ["MOBILITY_ENGINE"], os.environ["MOBILITY_SPARK_MASTER"]

    def growth(self) -> Iterator[Result]:
        """Add the same months to many months and to two: the cost must not grow with the stored months."""
        before = SMALL_MONTHS[:-ADDED_MONTHS]
        with self.serve("small", SMALL_MONTHS, SMALL_ROWS):
            stored = [self.store_small_months(months) for months in (before, before[-2:])]
            costs = [[self.mean_cost_of_adding_months(data) for data in stored] for _ in range(self.repeats)]
        many, few = map(median, zip(*costs, strict=True))
        yield Result(f"RunMonth after {len(before)} small months, compared with two", many, few, 1.1)

    def store_small_months(self, months: Sequence[date]) -> Path:
        """The data folder of these months, which a range has built."""
        data = self.use(self.work / f"after-{len(months)}")
        options = ("--start", f"{months[0]:%Y-%m}", "--stop", f"{add_months(months[-1], 1):%Y-%m}", "--workers", "2")
        self.luigi("RangeMonthly", "--of", "RunMonth", *options)
        return data

    def mean_cost_of_adding_months(self, data: Path) -> Cost:
        """The mean cost of RunMonth of the last small months, one after another, in a copy of the data folder.

        Of several: DuckDB merges row groups every few months, in 0.4 CPU s (2026-11).
        """
        copy = self.use(self.work / "copy")
        shutil.copytree(data, copy, symlinks=True)
        costs = [self.luigi("RunMonth", "--month", f"{month:%Y-%m}") for month in SMALL_MONTHS[-ADDED_MONTHS:]]
        shutil.rmtree(copy)
        return 1 / len(costs) * sum(costs, ZERO)

    def steps(self) -> Iterator[Result]:
        folder, month = self.work / "steps", MONTHS[0]
        folder.mkdir(exist_ok=True)
        for label, name, served, max_mb in (
            ("Convert of a Citi Bike month", "citibike", ("months", (*MONTHS, NEXT), ROWS), 1500),
            ("Convert of a 20 M-row hvfhv month", "hvfhv_taxi", ("many", MONTHS[:1], upstream.HVFHV_ROWS), 2000),
        ):
            self.use(folder)
            landed, parquet, baseline_parquet = (
                folder / f"{name}.{suffix}" for suffix in ("zip", "parquet", "baseline.parquet")
            )
            with self.serve(*served):
                baseline_download = self.measure_repeatedly(baseline.download, url_of(name, month), landed)
                download = self.measure_repeatedly(pipeline_steps.fetch, name, month, landed)
            convert = self.measure_repeatedly(pipeline_steps.to_parquet, name, month, landed, parquet)
            baseline_convert = self.measure_repeatedly(baseline.convert, sources()[name], landed, baseline_parquet)
            check_equal_rows(sources()[name], parquet, baseline_parquet)
            yield Result(label, convert, baseline_convert, 1.3, max_mb=max_mb)
        yield Result("Download over loopback", download, baseline_download, 1 / 0.8)

    def nothing_to_do(self) -> Iterator[Result]:
        data = self.use(self.month[0])
        measure(pipeline_steps.copy_month, data, MONTHS[0], 200)
        first = add_months(MONTHS[0], -199)
        options = ("--start", f"{first:%Y-%m}", "--stop", f"{MONTHS[1]:%Y-%m}")
        cost = median([self.luigi("RangeMonthly", "--of", "RunMonth", *options) for _ in range(self.repeats)])
        by_cpu = Cost(cost.cpu, cost.cpu, cost.peak_mb)
        yield Result("a range of 200 complete months, CPU", by_cpu, allowance=Cost(1.5, 1.5, 0))


def landed_file(data: Path, name: str, month: date) -> Path:
    """The published file of a month as the pipeline has it."""
    (path,) = (path for path in (data / "landing" / name).glob(f"{month:%Y-%m}.*") if path.suffix != ".json")
    return path


def steps_of_last_run(data: Path) -> dict[str, Cost]:
    """The cost of each kind of task in the last run, from the history."""
    from pipeline.history import runs

    entries, found = runs.read(data / "runs"), dict[str, Cost]()
    for one in entries:
        if one.run == entries[-1].run and one.outcome == runs.DONE:
            cost = Cost(one.seconds, one.cpu_seconds or 0, one.peak_bytes / 1e6)
            found[one.task] = found.get(one.task, ZERO) + cost
    return found


def url_of(name: str, month: date) -> str:
    from pipeline.ingest import download
    from pipeline.tasks.settings import retry_policy

    found = download.published_at(sources()[name], month, retry_policy())
    assert found, f"{name} {month}: not served"
    return found[0]


def check_equal_trips(database: Path, data: Path, months: tuple[date, ...]) -> None:
    """Raises AssertionError where the trips of the pipeline and of the baseline differ."""
    expected = measure(baseline.checksum, database, "main", months)[1]
    found = measure(baseline.checksum, data / "warehouse/nyc_mobility.duckdb", "core", months)[1]
    if found != expected:
        raise AssertionError(f"the pipeline's trips have the count and hash {found}, the baseline's {expected}")


def check_equal_rows(source: Source, parquet: Path, expected: Path) -> None:
    """Raises AssertionError where the rows of the files differ."""
    one, other = (measure(baseline.file_checksum, source, file)[1] for file in (parquet, expected))
    if one != other:
        raise AssertionError(f"{parquet} and {expected} have different rows")
