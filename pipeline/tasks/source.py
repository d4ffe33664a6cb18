"""The tasks of one source and month: from the published file to rows in ``raw_data``, nothing but wiring.

Rooms are imported where they run, as in tasks.py.
"""

from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import luigi

from pipeline.errors import BadInput, MobilityError
from pipeline.history.progress import shown
from pipeline.paths import atomic_write, path_for
from pipeline.sources import Source, sources
from pipeline.tasks import selection
from pipeline.tasks.base import Task
from pipeline.tasks.parameters import Month, SourceName, duck, duck_to_convert, waiting
from pipeline.tasks.receipts import HttpTarget, Receipt, warehouse


class SourceTask(Task):
    """One step of one source and month."""

    source = SourceName()
    month = Month()

    @property
    def facts(self) -> Source:
        return sources()[self.source]

    def tell(self, done: int, total: int) -> None:
        """Shows in luigid's pages how far it is."""
        if total:
            self.show(percent=round(100 * done / total))

    def path(self, stage: str, suffix: str) -> Path:
        return path_for(stage, self.facts.label(self.month), suffix, self.source)


class Published(SourceTask, luigi.ExternalTask):
    """The publisher has the month. «Not yet» is no failure: it leaves the month pending."""

    def output(self) -> HttpTarget:
        return HttpTarget(partial(selection.where, self.source, self.month))

    def complete(self) -> bool:
        try:
            return super().complete()
        except MobilityError as error:  # of which Luigi hands on no more than the traceback
            self.trigger_event(luigi.Event.BROKEN_TASK, self, error)
            raise


class LandingTask(SourceTask):
    """What changes the landing: a publisher's connections are counted, and a year's archive has one task at a time."""

    @property
    def resources(self) -> dict[str, int]:
        by_year = {f"{self.source}_{self.month:%Y}": 1} if self.facts.has_yearly_files else {}
        return {f"download_{self.facts.publisher.name}": 1} | by_year

    def receipt_of(self, label: str) -> Receipt:
        """The receipt of the file itself: of the month's own, or of the year's."""
        return Receipt(path_for("landing", label, ".json", self.source))

    def fetch(self, url: str, label: str) -> bool:
        """Puts the file, once it is fetched whole, in the place of what lay there; returns whether it is another."""
        from pipeline.ingest import download, reissue

        path = path_for("landing", label, download.suffix(self.facts, url), self.source)
        new, receipt = path.with_name(f"{path.name}.new"), self.receipt_of(label)
        with atomic_write(new) as part, shown(f"{self.source} {path.name}", self.tell) as tell:
            facts = download.fetch(self.facts, url, path, part, waiting(), tell)
        if receipt.exists() and path.exists() and reissue.is_same(self.facts, path, new):
            new.unlink()
            return False
        earlier = receipt.path.parent / receipt.record["file"] if receipt.path.exists() else path
        new.replace(path)
        receipt.write([path], digest=facts["sha256"], file=path.name, **facts)
        self.show(message=f"{facts['bytes'] / 1e6:,.1f} MB from {url}")
        if earlier != path:
            earlier.unlink(missing_ok=True)
        return True

    def share(self, fetched: Receipt) -> None:
        """Gives the month its own receipt of the year's archive."""
        from pipeline.ingest import download

        record = fetched.record
        facts = {fact: record[fact] for fact in download.PROVENANCE}
        path = fetched.path.parent / record["file"]
        Receipt(self.path("landing", ".json")).write([path], digest=record["sha256"], **facts)


class Download(LandingTask):
    """The published file, byte for byte. A year's archive is fetched once and serves its twelve months."""

    priority = 30

    def requires(self) -> Published:
        if self.month < self.facts.first_month:
            raise BadInput(f"{self.month:%Y-%m} {self.source}: begins with {self.facts.first_month:%Y-%m}")
        return self.clone(Published)

    def output(self) -> Receipt:
        return Receipt(self.path("landing", ".json"))

    def run(self) -> None:
        receipt = self.output()
        url, label = self.input().found
        fetched = self.receipt_of(label)
        if fetched.path == receipt.path or not fetched.exists():
            self.fetch(url, label)
        if fetched.path != receipt.path:
            self.share(fetched)


class Convert(SourceTask):
    """The month's rows as Parquet, declared columns and types."""

    priority = 20
    resources = {"convert": 1}

    def requires(self) -> Download:
        return self.clone(Download)

    def output(self) -> Receipt:
        return Receipt(self.path("parquet", ".json"), [self.input()], version=self.facts.version)

    def run(self) -> None:
        from pipeline.ingest import convert

        receipt, parquet = self.output(), self.path("parquet", ".parquet")
        landed = self.input().path.parent / self.input().record["file"]
        with atomic_write(parquet) as part:
            made = convert.to_parquet(self.facts, self.month, landed, parquet, part, duck_to_convert(parquet))
        receipt.write(made.files(parquet), rows=made.rows, **asdict(made))
        self.show(message=f"{made.rows:,} rows, {made.rows_unreadable:,} cannot be read")


class Load(SourceTask):
    """The month's rows in ``raw_data``, in the place of those that were there."""

    priority = 25  # before Convert, so that one worker loads while the others convert
    resources = {"warehouse": 1}

    def requires(self) -> dict[str, luigi.Task]:
        return {"parquet": self.clone(Convert), "landed": self.clone(Download)}

    def output(self) -> Receipt:
        return Receipt(self.path("warehouse/loaded", ".json"), [self.clone(Convert).output()])

    def run(self) -> None:
        from pipeline.warehouse import raw as room

        receipt, parquet = self.output(), self.path("parquet", ".parquet")
        facts = self.input()["landed"].record | self.input()["parquet"].record
        rows = room.load(warehouse(), self.facts, self.month, parquet, facts, duck())
        receipt.write(within=warehouse(), rows=rows)
        self.show(message=f"{rows:,} rows")

    def provenance(self) -> dict[str, Any]:
        """Which file the loaded rows came from."""
        landed: dict[str, Any] = self.input()["landed"].record
        return landed | {"source": self.source, "rows": self.output().record["rows"]}
