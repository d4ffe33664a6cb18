"""The lines of the table: what is run on either side, and what is to be reached."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from pipeline.months import add_months
from pipeline.sources import sources
from tests.bench import bare, rooms, upstream
from tests.bench.measured import NOTHING, Cost, alone, command, median
from tests.bench.table import Line, size
from tests.bench.upstream import MONTHS, NEXT, ROWS

LUIGI = Path(sys.executable).with_name("luigi")
START_UPS = {"month": Cost(15, 15, 0), "range": Cost(20, 20, 0)}
"""Seconds that all starts of a run may take together: Python, Luigi, dbt, Great Expectations, MetricFlow."""


@dataclass
class Bench:
    """What is measured: ``work`` is a folder for what comes and goes, the upstreams lie in ``cache``."""

    cache: Path
    work: Path
    scale: float
    repeats: int

    @contextmanager
    def served(self, name: str, months: tuple[date, ...], rows: dict[str, int]) -> Iterator[None]:
        root = upstream.made(self.cache, name, months, rows, self.scale)
        with upstream.served(root) as addresses:
            os.environ.update(addresses)
            yield

    def at(self, data: Path) -> Path:
        """The data folder that the rooms work in from now on."""
        os.environ["MOBILITY_DATA"] = str(data)
        return data

    def often(self, work: Callable[..., Any], *given: Any) -> Cost:
        return median([alone(work, *given)[0] for _ in range(self.repeats)])

    def luigi(self, *words: str) -> Cost:
        log = self.work / "luigi.log"
        return command([LUIGI, "--module", "pipeline", *words, "--local-scheduler"], os.environ, log)

    @cached_property
    def range(self) -> tuple[Path, Cost]:
        """The data folder of the six months, and what it took."""
        data = self.at(self.work / "range")
        words = ("--start", f"{MONTHS[0]:%Y-%m}", "--stop", f"{NEXT:%Y-%m}", "--workers", "2")
        with self.served("months", (*MONTHS, NEXT), ROWS):
            return data, self.luigi("RangeMonthly", "--of", "RunMonth", *words)

    @cached_property
    def month(self) -> tuple[Path, Cost]:
        """The data folder of one month, and what it took."""
        data = self.at(self.work / "month")
        with self.served("months", (*MONTHS, NEXT), ROWS):
            return data, self.luigi("RunMonth", "--month", f"{MONTHS[0]:%Y-%m}", "--workers", "2")

    @cached_property
    def bare_range(self) -> tuple[Path, Cost]:
        return self.bare_run(self.range[0], MONTHS)

    def bare_run(self, made: Path, months: tuple[date, ...]) -> tuple[Path, Cost]:
        """The bare sides of all steps, one after the other, from files that the pipeline has landed as well."""
        folder = self.work / f"bare-{len(months)}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        database, cost, loads = folder / "bare.duckdb", NOTHING, []
        with self.served("months", (*MONTHS, NEXT), ROWS):
            for name in ROWS:
                for month in months:
                    landed, parquet = folder / f"{name}-{month}.landed", folder / f"{name}-{month}.parquet"
                    cost += alone(bare.download, url_of(name, month), landed)[0]
                    cost += alone(bare.convert, sources()[name], landed, parquet)[0]
                    loads.append((name, month, parquet))
        cost += alone(bare.load, database, loads)[0]
        alone(bare.given, database, made / "warehouse/nyc_mobility.duckdb")
        cost += alone(bare.facts, database, months)[0]
        for month in months:
            cost += alone(bare.publish, database, month, folder)[0]
        same_trips(database, made, months)
        return database, cost

    def runs(self) -> Iterator[Line]:
        data, cost = self.range
        yield Line("RangeMonthly, six months, 2 workers", cost, self.bare_range[1], 1.8, START_UPS["range"])
        parquet = size(*(path for name in ROWS for path in (data / "parquet" / name).glob("*.parquet")))
        yield Line("warehouse on disk, MB", size(data / "warehouse/nyc_mobility.duckdb"), parquet, 4)
        month, cost = self.month
        yield Line("RunMonth, cold", cost, self.bare_run(month, MONTHS[:1])[1], 2, START_UPS["month"])

    def marts(self) -> Iterator[Line]:
        database, data = self.bare_range[0], self.at(self.range[0])
        start = self.often(rooms.start_dbt)
        yield Line("one start of dbt", start)
        plain = alone(bare.facts_anew, database, MONTHS)[0]
        yield Line("all months, facts rebuilt", alone(rooms.refresh)[0], plain, 1.3, start)
        same_trips(database, data, MONTHS)
        yield Line("the same, with all tests", alone(rooms.build, MONTHS)[0], plain, 1.3, start)
        files = self.fetched(data, NEXT)
        bare_files = [(name, month, parquet) for name, month, parquet, _ in files if name in ROWS]
        loading = alone(rooms.load, files)[0]
        yield Line("Load of a month", loading, alone(bare.load, database, bare_files)[0], 1.2)
        forward = alone(rooms.build, [NEXT])[0]
        added = alone(bare.facts, database, [NEXT])[0]
        yield Line("one month added to six", forward, added, 1.5, start)
        alone(rooms.forget, MONTHS[2])
        alone(rooms.load, self.fetched(data, MONTHS[2]))
        back = alone(rooms.build, [MONTHS[2]])[0]
        yield Line("one month back into the middle", back, forward, 1.1)

    def fetched(self, data: Path, month: date) -> list[rooms.Loadable]:
        with self.served("months", (*MONTHS, NEXT), ROWS):
            return [alone(rooms.ready, data, name, month)[1] for name in (*ROWS, "weather")]

    def growth(self) -> Iterator[Line]:
        """The same month, added to two years and to two months."""
        months = upstream.SMALL_MONTHS
        to_many, to_few = (self.added_to(months[-1 - before : -1]) for before in (24, 2))
        yield Line("a month added to 24, against 2", to_many, to_few, 1.1)

    def added_to(self, before: tuple[date, ...]) -> Cost:
        data = self.at(self.work / f"after-{len(before)}")
        months = (*before, upstream.SMALL_MONTHS[-1])
        with self.served("small", upstream.SMALL_MONTHS, upstream.SMALL):
            wanted = [(name, month) for month in months for name in (*upstream.SMALL, "weather")]
            wanted += [(name, sources()[name].first_month) for name in upstream.ZONES]
            files = alone(rooms.all_ready, data, wanted)[1]
        alone(rooms.load, files)
        alone(rooms.build, before)
        return self.often(rooms.build, months[-1:])

    def steps(self) -> Iterator[Line]:
        folder, month = self.work / "steps", MONTHS[0]
        folder.mkdir(exist_ok=True)
        for what, name, rows, gb in (
            ("Convert of a Citi Bike month", "citibike", ("months", (*MONTHS, NEXT), ROWS), 1500),
            ("Convert of a 20 M-row hvfhv month", "hvfhv_taxi", ("many", MONTHS[:1], upstream.MANY), 2000),
        ):
            self.at(folder)
            landed, ours, theirs = (folder / f"{name}.{kind}" for kind in ("zip", "parquet", "bare.parquet"))
            with self.served(*rows):
                theirs_fetched = self.often(bare.download, url_of(name, month), landed)
                fetched = self.often(rooms.fetch, name, month, landed)
            made = self.often(rooms.to_parquet, name, month, landed, ours)
            plain = self.often(bare.convert, sources()[name], landed, theirs)
            same_rows(ours, theirs)
            yield Line(what, made, plain, 1.3, most_mb=gb)
        yield Line("Download over loopback", fetched, theirs_fetched, 1 / 0.8)

    def nothing_to_do(self) -> Iterator[Line]:
        data = self.at(self.month[0])
        alone(rooms.again, data, MONTHS[0], 200)
        first = add_months(MONTHS[0], -199)
        words = ("--start", f"{first:%Y-%m}", "--stop", f"{MONTHS[1]:%Y-%m}")
        cost = median([self.luigi("RangeMonthly", "--of", "RunMonth", *words) for _ in range(self.repeats)])
        by_cpu = Cost(cost.cpu, cost.cpu, cost.peak_mb)
        yield Line("a range of 200 complete months, CPU", by_cpu, plus=Cost(1.5, 1.5, 0))


def url_of(name: str, month: date) -> str:
    from pipeline.ingest import download

    found = download.published_at(sources()[name], month, download.Patience())
    assert found, f"{name} {month}: not served"
    return found[0]


def same_trips(database: Path, data: Path, months: tuple[date, ...]) -> None:
    """Both sides have done the same work."""
    plain = alone(bare.checksum, database, "main", months)[1]
    ours = alone(bare.checksum, data / "warehouse/nyc_mobility.duckdb", "core", months)[1]
    if ours != plain:
        raise AssertionError(f"the trips of the pipeline are {ours}, those of the bare side {plain}")


def same_rows(ours: Path, theirs: Path) -> None:
    if alone(bare.checksum_of_file, ours)[1] != alone(bare.checksum_of_file, theirs)[1]:
        raise AssertionError(f"{ours} and {theirs} do not hold the same rows")
