"""The tasks that keep the warehouse up to date with its publishers.

The steps are imported where they run, as in month.py.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime

import luigi

from pipeline.months import add_months, month_range, parse_month
from pipeline.paths import atomic_write, atomic_write_tree, data_folder, path_for
from pipeline.process import run_id
from pipeline.sources import Source, sources
from pipeline.tasks import records, selection
from pipeline.tasks.base import Task
from pipeline.tasks.describe import Describe
from pipeline.tasks.month import RunMonth, run_again
from pipeline.tasks.parameters import Month, Months, Sources
from pipeline.tasks.receipts import Receipt
from pipeline.tasks.settings import conversion_settings, retry_policy, warehouse
from pipeline.tasks.source import CheckForReissue, Convert, Download, Load
from pipeline.tasks.upload import with_upload

log = logging.getLogger(__name__)


class RebuildMonths(Task):
    """Steps that are done again, then months that were built before, each with the sources that are loaded for it.

    ``steps`` are written ``Load green_taxi 2024-01,Describe``. What is complete costs nothing.
    """

    steps = luigi.Parameter(default="")
    months = Months(default=())
    sources = Sources()

    def output(self) -> Receipt:
        return Receipt(path_for("runs", "rebuild", ".json"), version=run_id())

    def run(self) -> Iterator[Sequence[luigi.Task]]:
        yield [step(*words.split(" ")) for words in self.steps.split(",") if words]
        yield [run_again(month, self.sources) for month in self.months]
        self.output().write()


def step(name: str, source: str = "", month: str = "") -> luigi.Task:
    """The task of this name, of a source and month where it is of one."""
    if name == "Describe":
        return Describe()
    return {"Download": Download, "Convert": Convert, "Load": Load}[name](source=source, month=parse_month(month))


class Refresh(Task):
    """Checks the newest months for re-issued files, then brings every month up to date that is built or published.

    Not only those whose file this run replaced: an earlier run may have been killed after it replaced one.
    """

    newest_months = luigi.IntParameter(default=6)
    sources = Sources()

    def output(self) -> Receipt:
        return Receipt(path_for("runs", "refresh", ".json"), version=run_id())

    def run(self) -> Iterator[Sequence[luigi.Task]]:
        yield list(self.checks())
        yield [*self.loads_to_repeat(), *(run_again(month, self.sources) for month in records.months_to_maintain())]
        self.output().write()

    def checks(self) -> Iterator[CheckForReissue]:
        """One for each landed file of the newest months, and of those that serve all months."""
        first = add_months(date.today().replace(day=1), -self.newest_months)
        for source in sources().values():
            months = [source.first_month] if source.static else month_range(first, date.today())
            for month in months:
                if selection.is_landed(source, month):
                    yield CheckForReissue(source=source.name, month=month)

    def loads_to_repeat(self) -> Iterator[Load]:
        """The loads of files of months that are not built yet, where only their rows are stored."""
        built = set(records.months_to_maintain())
        for check in self.checks():
            if (
                not check.declared.static
                and check.month not in built
                and selection.is_loaded(check.declared, check.month)
            ):
                yield Load(source=check.source, month=check.month)


class WeatherSoFar(Task):
    """The hours so far of the months whose weather is not final: in tables of their own, and published.

    They belong to no month and make none complete; the final file brings them again.
    """

    action = "updated the weather so far"
    doing = "updating the weather so far"
    resources = {"warehouse": 1}

    def output(self) -> Receipt:
        return Receipt(path_for("runs", "weather", ".json"), version=run_id())

    def run(self) -> None:
        from pipeline.ingest import convert, download
        from pipeline.warehouse import publish, raw

        receipt = self.output()
        source = sources()["weather"].so_far(datetime.now(UTC).date())
        month, (url,) = source.first_month, source.urls
        path = path_for("landing", month, download.suffix(source, url), source.name)
        parquet = path_for("parquet", month, ".parquet", source.name)
        with atomic_write(path) as part, self.progress() as progress:
            landed = download.fetch(source, url, path, part, retry_policy(), progress)
        with atomic_write(parquet) as part:
            convert.to_parquet(source, month, path, parquet, part, conversion_settings(parquet))
        records.invalidate_if_lost(warehouse().path)
        rows = raw.load_so_far(warehouse(), source)
        with atomic_write_tree(data_folder() / "published") as folder:
            publish.export_so_far(warehouse(), source.name, folder)
        for older in [*path.parent.iterdir(), *parquet.parent.iterdir()]:
            if not older.name.startswith(f"{month:%Y-%m}."):
                older.unlink()
        receipt.write([path, parquet], rows=rows, **asdict(landed))


class CatchUp(Task, luigi.WrapperTask):
    """Whatever has been published since ``start``: whole months where they may be, else the sources that may be.

    By the publisher's shortest lag, what cannot have been published yet is not asked for.
    """

    start = Month(config_path={"section": "RangeMonthly", "name": "start"})
    sources = Sources()
    newest_first = luigi.BoolParameter(default=False, significant=False)

    def months(self) -> list[date]:
        """The months in which any of the sources of trips had begun."""
        months = month_range(self.start, date.today())
        return [month for month in months if any(source.kind == "trips" for source in self.begun(month))]

    def begun(self, month: date) -> list[Source]:
        """The sources that the month requires, and those that may follow."""
        required = selection.required_sources(month, self.sources)
        known = [source for source in sources().values() if source in required or source.name in self.sources]
        return [source for source in known if source.first_month <= month]

    def requires(self) -> Iterator[luigi.Task]:
        today = date.today()
        for month in self.months()[:: -1 if self.newest_first else 1]:
            required = selection.required_sources(month, self.sources)
            expected = [source for source in required if source.expected(month)[0] <= today]
            if expected == required:
                yield with_upload(RunMonth(month=month, sources=self.sources))
            elif any(source.kind == "trips" for source in expected):
                yield from (Load(source=source.name, month=source.loaded_as(month)) for source in expected)

    def missing(self) -> Iterator[tuple[Source, date]]:
        """What has not been downloaded of these months yet, whether it may be published or not."""
        for month in self.months():
            for source in self.begun(month):
                if not selection.is_landed(source, month):
                    yield source, month
