"""The tasks of one source and month: from the published file to a part of the source's raw table.

The steps are imported where they run, as in month.py.
"""

import logging
from collections.abc import Collection
from dataclasses import asdict
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import luigi

from pipeline.errors import BadFile, BadInput, MobilityError, Unavailable
from pipeline.history import view
from pipeline.paths import atomic_write, delete, path_for, put
from pipeline.process import run_id
from pipeline.results import Converted, Landed, result_of
from pipeline.sources import Source, sources
from pipeline.tasks import records, selection
from pipeline.tasks.base import Task
from pipeline.tasks.parameters import Month, SourceName
from pipeline.tasks.receipts import HttpTarget, Receipt
from pipeline.tasks.settings import conversion_settings, retry_policy, warehouse

log = logging.getLogger(__name__)


class SourceTask(Task):
    """One step of one source and month."""

    source = SourceName()
    month = Month()

    @property
    def declared(self) -> Source:
        """The source as config/sources declares it."""
        return sources()[self.source]

    def path(self, stage: str, suffix: str) -> Path:
        """The path of the month's file of a stage."""
        return path_for(stage, self.declared.label(self.month), suffix, self.source)


class Published(SourceTask, luigi.ExternalTask):
    """The publisher has the month. Not yet is no failure: it leaves the month pending."""

    is_broken = False
    """Whether the publisher could not be asked."""

    def output(self) -> HttpTarget:
        return HttpTarget(partial(selection.published_at, self.source, self.month))

    def complete(self) -> bool:
        title = f"{self.subject}: asking whether it is published"
        view.send(step=title)
        try:
            return super().complete()
        except MobilityError as error:  # Luigi passes on no more than the stack trace
            self.is_broken = True
            self.trigger_event(luigi.Event.BROKEN_TASK, self, error)
            raise
        finally:
            view.send(step=title, ended=True)


class LandingTask(SourceTask):
    """A task that changes the landing: connections to a publisher are counted, a yearly archive has one at a time."""

    @property
    def resources(self) -> dict[str, int]:
        by_year = {f"{self.source}_{self.month:%Y}": 1} if self.declared.has_yearly_files else {}
        return {f"download_{self.declared.publisher.name}": 1} | by_year

    def receipt_of(self, label: str) -> Receipt:
        """The receipt of the file itself: of the month's own, or of the yearly archive."""
        return Receipt(path_for("landing", label, ".json", self.source))

    def fetch(self, url: str, label: str) -> bool:
        """Downloads the file, and replaces the stored one if it differs. Returns whether it does."""
        from pipeline.ingest import download, reissue

        path = path_for("landing", label, download.suffix(self.declared, url), self.source)
        new, receipt = path.with_name(f"{path.name}.new"), self.receipt_of(label)
        with atomic_write(new) as part, self.progress() as progress:
            landed = download.fetch(self.declared, url, path, part, retry_policy(), progress)
        if receipt.exists() and path.exists() and reissue.is_same(self.declared, path, new):
            new.unlink()
            return False
        earlier = receipt.stored or {}
        delete(receipt.path)
        put(new, path)
        receipt.write([path], digest=landed.sha256, **asdict(landed))
        self.notify(message=f"{landed.bytes / 1e6:,.1f} MB from {landed.url}")
        earlier_path = path.with_name(earlier.get("file", path.name))
        if earlier_path != path and not is_landed_for_others(earlier_path):
            delete(earlier_path)
            if (archive := label_of(earlier_path)) != label:
                delete(self.receipt_of(archive).path)
        return bool(earlier.get("sha256") != landed.sha256)

    def share(self, archive: Receipt) -> None:
        """Writes the month's own receipt of a yearly archive."""
        landed = result_of(Landed, archive.record)
        path = archive.path.parent / landed.file
        Receipt(self.path("landing", ".json")).write([path], digest=landed.sha256, **asdict(landed))


def label_of(file: Path) -> str:
    """The label of a landed file, by which its receipt is named: a month, or the year of an archive."""
    return file.name.split(".")[0]


def is_landed_for_others(file: Path) -> bool:
    """Whether the receipt of any month refers to the landed file: a yearly archive serves several."""
    receipts = (Receipt(path) for path in file.parent.glob("????-??.json"))
    return any((receipt.stored or {}).get("file") == file.name for receipt in receipts)


class Download(LandingTask):
    """The published file, byte for byte. A yearly archive is fetched once and serves its twelve months."""

    action = "downloaded {size}"
    doing = "downloading"
    priority = 30

    def requires(self) -> Published:
        if self.month < self.declared.first_month:
            raise BadInput(f"{self.month:%Y-%m} {self.source}: begins with {self.declared.first_month:%Y-%m}")
        return self.clone(Published)

    def output(self) -> Receipt:
        return Receipt(self.path("landing", ".json"))

    def run(self) -> None:
        receipt = self.output()
        url, label = self.input().found
        archive = self.receipt_of(label)
        if archive.path == receipt.path or not (archive.exists() or archive.is_unusable_in_this_run):
            self.fetch(url, label)
        if archive.path != receipt.path:
            self.share(archive)

    def invalidate(self) -> None:
        """Makes the next run download the file again, which cannot be used; a yearly archive for all its months."""
        receipt = self.output()
        self.receipt_of(label_of(Path(receipt.record["file"]))).invalidate()
        receipt.invalidate()


class CheckForReissue(LandingTask):
    """Asks whether the publisher has re-issued the month's file. If so, the new file replaces the stored one.

    A file that was downloaded in this run is new. Of a rejected month, a file that cannot be asked about, as of the
    weather, is downloaded again, and a publisher that cannot be reached is no failure.
    """

    doing = "asking whether it was re-issued"

    def complete(self) -> bool:
        record = self.landed.stored or {}
        return run_id() in (record.get("checked_by"), record.get("run"))

    @property
    def landed(self) -> Receipt:
        return Receipt(self.path("landing", ".json"))

    @property
    def is_rejected(self) -> bool:
        return self.month in records.months_rejected()

    def run(self) -> None:
        try:
            self.check()
        except Unavailable as error:
            if not self.is_rejected:
                raise
            log.warning("%s %s: the publisher cannot be asked for another file: %s", self.source, self.month, error)
            self.landed.update(checked_by=run_id())

    def check(self) -> None:
        from pipeline.ingest import reissue

        if self.landed.stored is None:
            raise BadInput(f"{self.declared.label(self.month)} {self.source}: nothing was downloaded")
        file = self.receipt_of(label_of(Path(self.landed.record["file"])))
        if file.record.get("checked_by") != run_id():
            landed, checked_at = result_of(Landed, file.record), file.record.get("checked_at", "")
            found = reissue.reissued_at(self.declared, self.month, landed, checked_at, retry_policy())
            if self.is_rejected and self.declared.settled_after_days is not None:
                found = next(iter(self.declared.urls_of(self.month).items()))
            if found and self.fetch(*found):
                log.warning(
                    "%s %s: was re-issued and is downloaded again", self.source, self.declared.label(self.month)
                )
                file = self.receipt_of(found[1])
            mark_checked(file)
        if file.path != self.landed.path and file.record["sha256"] != self.landed.record["sha256"]:
            self.share(file)
        mark_checked(self.landed)


def checks_for_reissue(month: date, names: Collection[str]) -> list[CheckForReissue]:
    """One for each landed file of the named sources; an empty name stands for all sources of the month."""
    return [
        CheckForReissue(source=source.name, month=source.loaded_as(month))
        for source in sources().values()
        if selection.is_landed(source, month) and (source.name in names or "" in names)
    ]


def mark_checked(receipt: Receipt) -> None:
    """Records when and by which run the publisher was asked."""
    receipt.update(checked_at=datetime.now(UTC).isoformat(timespec="seconds"), checked_by=run_id())


class Convert(SourceTask):
    """The month's rows as Parquet, with the declared columns and types."""

    action = "converted {rows} rows to Parquet"
    doing = "converting to Parquet"
    priority = 20
    resources = {"convert": 1}

    def requires(self) -> Download:
        return self.clone(Download)

    def output(self) -> Receipt:
        return Receipt(self.path("parquet", ".json"), [self.input()], version=self.declared.version)

    def run(self) -> None:
        from pipeline.ingest import convert

        receipt, parquet = self.output(), self.path("parquet", ".parquet")
        landed = self.input().path.parent / self.input().record["file"]
        try:
            with atomic_write(parquet) as part, self.progress("%"):
                settings = conversion_settings(parquet)
                converted = convert.to_parquet(self.declared, self.month, landed, parquet, part, settings)
        except BadFile as error:
            self.requires().invalidate()
            raise type(error)(f"{error}; the next run downloads it again") from error
        receipt.write(convert.files_of(converted, parquet), rows=converted.rows, **asdict(converted))
        self.notify(message=f"{converted.rows:,} rows, {converted.rows_unreadable:,} cannot be parsed")


class Load(SourceTask):
    """The month's Parquet file as a part of the source's raw table, instead of the one that was loaded before."""

    action = "loaded {rows} rows"
    doing = "loading"
    priority = 25  # before Convert, so that one worker loads while the others convert
    resources = {"warehouse": 1}

    def requires(self) -> dict[str, luigi.Task]:
        return {"parquet": self.clone(Convert), "landed": self.clone(Download)}

    def output(self) -> Receipt:
        return Receipt(self.path("warehouse/loaded", ".json"), [self.clone(Convert).output()])

    def run(self) -> None:
        from pipeline.warehouse import raw

        receipt = self.output()
        landed = result_of(Landed, self.input()["landed"].record)
        converted = result_of(Converted, self.input()["parquet"].record)
        with warehouse().changing():
            records.invalidate_if_lost(warehouse().path)
            rows = raw.load(warehouse(), self.declared, self.month, landed, converted)
            receipt.write(within=warehouse().path, rows=rows)
        self.notify(message=f"{rows:,} rows")

    def provenance(self) -> dict[str, Any]:
        """The file that the loaded rows came from, with ``source`` and ``rows``."""
        landed: dict[str, Any] = self.input()["landed"].record
        return landed | {"source": self.source, "rows": self.output().record["rows"]}
