"""The tasks that keep the warehouse up with its publishers, nothing but wiring.

Rooms are imported where they run, as in tasks.py.
"""

import logging
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime

import luigi

from pipeline.history.progress import shown
from pipeline.months import add_months, month_range
from pipeline.paths import atomic_write, atomic_write_tree, data_folder, path_for
from pipeline.process import run_id
from pipeline.sources import Source, sources
from pipeline.tasks import records, selection
from pipeline.tasks.base import Task
from pipeline.tasks.month import RunMonth
from pipeline.tasks.parameters import Month, Months, Sources, duck, duck_to_convert, waiting
from pipeline.tasks.receipts import Receipt, warehouse
from pipeline.tasks.source import LandingTask, Load

log = logging.getLogger(__name__)


class Again(Task, luigi.WrapperTask):
    """Months of which something is to be made again, each of what is loaded for it."""

    months = Months()
    sources = Sources()

    def requires(self) -> list[RunMonth]:
        return [RunMonth(month=month, sources=selection.asked_of(month, self.sources)) for month in self.months]


class Reask(LandingTask):
    """Asks whether the publisher has re-issued the month's file; if so, it is in the place of the old one."""

    def complete(self) -> bool:
        return self.landed.record.get("asked_by") == run_id()

    @property
    def landed(self) -> Receipt:
        return Receipt(self.path("landing", ".json"))

    def run(self) -> None:
        from pipeline.ingest import reissue

        file = self.receipt_of(self.landed.record["file"].split(".")[0])
        if file.record.get("asked_by") != run_id():
            found = reissue.reissued_at(self.facts, self.month, file.record, waiting())
            if found and self.fetch(*found):
                log.warning("%s %s: re-issued, and fetched again", self.facts.label(self.month), self.source)
                file = self.receipt_of(found[1])
            note_asked(file)
        if file.path != self.landed.path and file.record["sha256"] != self.landed.record["sha256"]:
            self.share(file)
        note_asked(self.landed)


def note_asked(receipt: Receipt) -> None:
    receipt.note(asked_at=datetime.now(UTC).isoformat(timespec="seconds"), asked_by=run_id())


class Refresh(Task):
    """Asks for re-issues of what was fetched of the newest months, and makes again what was made from those found."""

    newest_months = luigi.IntParameter(default=6)
    sources = Sources()

    def output(self) -> Receipt:
        return Receipt(path_for("runs", "refresh", ".json"), version=run_id())

    def run(self) -> Iterator[Sequence[luigi.Task]]:
        asked = list(self.asked())
        yield asked
        loads = [Load(source=task.source, month=task.month) for task in asked]
        yield [again for load in loads if not load.complete() for again in self.made_with(load)]
        self.output().write()

    def asked(self) -> Iterator[Reask]:
        """For every file there is of these months, and those that serve all."""
        first = add_months(date.today().replace(day=1), -self.newest_months)
        for source in sources().values():
            months = [source.first_month] if source.static else month_range(first, date.today())
            for month in months:
                if selection.is_landed(source, month):
                    yield Reask(source=source.name, month=month)

    def made_with(self, load: Load) -> list[luigi.Task]:
        """What makes the months again that the file is part of; one that is not built yet has its rows alone."""
        built = set(records.months_built())
        months = sorted(built if load.facts.static else built & {load.month})
        return [Again(months=(month,), sources=self.sources) for month in months] or [load]


class WeatherSoFar(Task):
    """The hours that there are by now of the months that no file is settled of: in tables of their own, and published.

    They make no month complete and are part of none; the settled file brings them again.
    """

    resources = {"warehouse": 1}

    def output(self) -> Receipt:
        return Receipt(path_for("runs", "weather", ".json"), version=run_id())

    def run(self) -> None:
        from pipeline.ingest import convert, download
        from pipeline.warehouse import publish
        from pipeline.warehouse import raw as room

        receipt = self.output()
        source = sources()["weather"].so_far(datetime.now(UTC).date())
        month, (url,) = source.first_month, source.urls
        landed = path_for("landing", month, download.suffix(source, url), source.name)
        parquet = path_for("parquet", month, ".parquet", source.name)
        with atomic_write(landed) as part, shown(f"{source.name} {landed.name}", lambda *_: None) as tell:
            facts = download.fetch(source, url, landed, part, waiting(), tell)
        with atomic_write(parquet) as part:
            convert.to_parquet(source, month, landed, parquet, part, duck_to_convert(parquet))
        rows = room.load_so_far(warehouse(), source, parquet, duck())
        with atomic_write_tree(data_folder() / "published") as folder:
            publish.export_so_far(warehouse(), source.name, folder, duck())
        for older in [*landed.parent.iterdir(), *parquet.parent.iterdir()]:
            if not older.name.startswith(f"{month:%Y-%m}."):
                older.unlink()
        receipt.write([landed, parquet], rows=rows, **facts)


class CatchUp(Task, luigi.WrapperTask):
    """Whatever is published since ``start``: months that may be whole by now, of others the sources that may be there.

    What cannot be there yet, going by the publisher's shortest lag, is not asked for.
    """

    start = Month(config_path={"section": "RangeMonthly", "name": "start"})
    sources = Sources()
    newest_first = luigi.BoolParameter(default=False, significant=False)

    def months(self) -> list[date]:
        """Those in which any of the trips asked for had begun to be published."""
        months = month_range(self.start, date.today())
        return [month for month in months if any(source.kind == "trips" for source in self.begun(month))]

    def begun(self, month: date) -> list[Source]:
        """What the month waits for, and what may come later."""
        waits = selection.awaited_by(month, self.sources)
        known = [source for source in sources().values() if source in waits or source.name in self.sources]
        return [source for source in known if source.first_month <= month]

    def requires(self) -> Iterator[luigi.Task]:
        today = date.today()
        for month in self.months()[:: -1 if self.newest_first else 1]:
            waits = selection.awaited_by(month, self.sources)
            there = [source for source in waits if source.expected(month)[0] <= today]
            if there == waits:
                yield RunMonth(month=month, sources=self.sources)
            elif any(source.kind == "trips" for source in there):
                yield from (Load(source=source.name, month=source.loaded_as(month)) for source in there)

    def missing(self) -> Iterator[tuple[Source, date]]:
        """What is not fetched of these months yet, whether it could be there or not."""
        for month in self.months():
            for source in self.begun(month):
                if not selection.is_landed(source, month):
                    yield source, month
