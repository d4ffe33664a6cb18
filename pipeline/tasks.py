"""The workflow on one page: every Luigi task, nothing but wiring.

::

    Published ─► Download ─► Convert ─► Load ─► Transform ─► Judge ─► Validate ─┬► Publish ─┬► Report ─► RunMonth
    └──────── one a source and month ───────┘   └──── batched ───┘               └► Measure ─┘  (Measure: batched)

Rooms are imported where they run: a run that finds nothing to do imports none of them.
"""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import luigi

from pipeline import lock, metrics, project, wanted
from pipeline.errors import BadInput, MonthRejected
from pipeline.parameters import (
    Month,
    Months,
    SourceName,
    Sources,
    duck,
    duck_to_convert,
    or_exit,
    patience,
)
from pipeline.progress import shown
from pipeline.sources import CONFIG, Source, month_beside, sources
from pipeline.targets import HttpTarget, Receipt, data_folder, digest_of_files, place, warehouse, whole, whole_tree

SUITES = CONFIG / "expectations"


class SourceTask(luigi.Task):
    """One step of one source and month."""

    source = SourceName()
    month = Month()

    @property
    def facts(self) -> Source:
        return sources()[self.source]

    def tell(self, done: int, total: int) -> None:
        """Shows in luigid's pages how far it is."""
        if total and self.set_progress_percentage:
            self.set_progress_percentage(round(100 * done / total))

    def place(self, stage: str, suffix: str) -> Path:
        return place(stage, self.facts.label(self.month), suffix, self.source)


class Published(SourceTask, luigi.ExternalTask):
    """The publisher has the month. «Not yet» is no failure: it leaves the month pending."""

    def output(self) -> HttpTarget:
        return HttpTarget(partial(wanted.where, self.source, self.month))


class Download(SourceTask):
    """The published file, byte for byte. A year's archive is fetched once and serves its twelve months."""

    priority = 30

    def requires(self) -> Published:
        if self.month < self.facts.first_month:
            raise BadInput(f"{self.month:%Y-%m} {self.source}: begins with {self.facts.first_month:%Y-%m}")
        return self.clone(Published)

    def output(self) -> Receipt:
        return Receipt(self.place("landing", ".json"))

    @property
    def resources(self) -> dict[str, int]:
        by_year = {f"{self.source}_{self.month:%Y}": 1} if self.facts.has_yearly_files else {}
        return {f"download_{self.facts.publisher.name}": 1} | by_year

    def run(self) -> None:
        from pipeline import download

        receipt = self.output()
        url, label = self.input().found
        path = place("landing", label, download.suffix(self.facts, url), self.source)
        fetched = Receipt(path.parent / f"{label}.json")
        if fetched.path == receipt.path or not fetched.exists():
            waiting = download.Patience(**patience().param_kwargs)
            with whole(path) as part, shown(f"{self.source} {path.name}", self.tell) as tell:
                facts = download.fetch(self.facts, url, path, part, waiting, tell)
            fetched.write([path], digest=facts["sha256"], file=path.name, **facts)
        if fetched.path != receipt.path:
            record = fetched.record
            receipt.write([path], digest=record["sha256"], **{fact: record[fact] for fact in download.PROVENANCE})


class Convert(SourceTask):
    """The month's rows as Parquet, declared columns and types."""

    priority = 20
    resources = {"convert": 1}

    def requires(self) -> Download:
        return self.clone(Download)

    def output(self) -> Receipt:
        return Receipt(self.place("parquet", ".json"), [self.input()], version=self.facts.version)

    def run(self) -> None:
        from pipeline import convert

        receipt, parquet = self.output(), self.place("parquet", ".parquet")
        landed = self.input().path.parent / self.input().record["file"]
        with whole(parquet) as part:
            made = convert.to_parquet(self.facts, self.month, landed, parquet, part, duck_to_convert(parquet))
        receipt.write(made.files(parquet), rows=made.rows, **asdict(made))


class Load(SourceTask):
    """The month's rows in ``raw_data``, in the place of those that were there."""

    priority = 10
    resources = {"warehouse": 1}

    def requires(self) -> dict[str, luigi.Task]:
        return {"parquet": self.clone(Convert), "landed": self.clone(Download)}

    def output(self) -> Receipt:
        return Receipt(self.place("warehouse/loaded", ".json"), [self.input()["parquet"]])

    def run(self) -> None:
        from pipeline import warehouse as room

        receipt, parquet = self.output(), self.place("parquet", ".parquet")
        facts = self.input()["landed"].record | self.input()["parquet"].record
        rows = room.load(warehouse(), self.facts, self.month, parquet, facts, duck())
        receipt.write(within=warehouse(), rows=rows)


class MonthsTask(luigi.Task):
    """One step of a month, or of all months that are ready for it together."""

    months = Months()
    sources = Sources()
    resources = {"warehouse": 1}
    max_batch_size = 24


class Transform(MonthsTask):
    """The marts of the months, from everything that is loaded for them: one start of dbt."""

    def requires(self) -> dict[date, list[Load]]:
        return {month: [Load(**load) for load in wanted.loads_of(month, self.sources)] for month in self.months}

    def output(self) -> dict[date, Receipt]:
        version = project.model_version()
        return {
            month: Receipt(place("warehouse/transformed", month, ".json"), loaded, version)
            for month, loaded in self.input().items()
        }

    def run(self) -> None:
        from pipeline import transform
        from pipeline import warehouse as room

        receipts = self.output() | self.lost_beside()
        with wanted.unsettled(list(receipts)) as left:
            room.begin(warehouse(), list(receipts), duck())
            for months, built in transform.build_all(warehouse(), list(receipts), data_folder() / "dbt", duck()):
                contents = transform.contents(warehouse(), months, duck())
                for month in months:
                    receipts[month].write(within=warehouse(), **asdict(built) | contents[month])
                wanted.note_contents(contents)
                left.difference_update(months)

    def lost_beside(self) -> dict[date, Receipt]:
        """The receipts of months beside these that are to be built again, too: together they settle at once."""
        beside = {month_beside(month, distance) for month in self.months for distance in (-1, 1)} - set(self.months)
        again = [
            Transform(months=(month,), sources=wanted.asked_of(month, self.sources))
            for month in sorted(beside)
            if wanted.is_lost(month)
        ]
        ready = [task for task in again if all(load.complete() for load in task.requires()[task.months[0]])]
        return {month: receipt for task in ready for month, receipt in task.output().items()}


class Judge(MonthsTask):
    """What Great Expectations finds in the months, good or bad: one start of Great Expectations."""

    def requires(self) -> dict[date, Transform]:
        return {month: Transform(months=(month,), sources=self.sources) for month in self.months}

    def output(self) -> dict[date, Receipt]:
        version = digest_of_files(SUITES)
        return {
            month: Receipt(
                place("quality", month, ".findings.json"),
                [transformed[month]],
                version + wanted.mark_of(month, "facts"),
            )
            for month, transformed in self.input().items()
        }

    def run(self) -> None:
        from pipeline import quality

        receipts = self.output()
        for month, findings in quality.judge(warehouse(), self.months, SUITES, duck()).items():
            receipts[month].write(**quality.verdict(month, findings))


class MonthTask(luigi.Task):
    """One step of one month."""

    month = Month()
    sources = Sources()


class Validate(MonthTask):
    """The gate: a month that failed a critical expectation goes no further."""

    def requires(self) -> Judge:
        return Judge(months=(self.month,), sources=self.sources)

    def output(self) -> Receipt:
        return Receipt(place("quality", self.month, ".json"), [self.input()[self.month]])

    def run(self) -> None:
        receipt, judged = self.output(), self.input()[self.month].record
        rejected = Receipt(place("quality", self.month, ".rejected.json"), receipt.inputs)
        if judged["rejected"]:
            rejected.write(why=judged["why"], findings=judged["findings"])
            raise MonthRejected(f"{self.month:%Y-%m} is rejected: {judged['why']}; all findings are in {rejected.path}")
        rejected.path.unlink(missing_ok=True)
        receipt.write(findings=len(judged["findings"]))


class Publish(MonthTask):
    """The month's marts as Parquet, beside the dimensions."""

    resources = {"warehouse": 1}

    def requires(self) -> Validate:
        return self.clone(Validate)

    def output(self) -> Receipt:
        return Receipt(place("published", self.month, ".json"), [self.input()], wanted.mark_of(self.month, "content"))

    def run(self) -> None:
        from pipeline import publish

        receipt, docs = self.output(), Receipt(place("reports", "models", ".json"), version=project.digest())
        if not docs.exists():
            with whole(place("reports", "models", ".html")) as page:
                page.write_bytes(project.document(warehouse(), data_folder() / "dbt", duck()).read_bytes())
            docs.write([place("reports", "models", ".html")])
        with whole_tree(receipt.path.parent) as folder:
            rows = publish.export(warehouse(), self.month, folder, duck())
        of_the_month = [receipt.path.parent / path for path in rows if f"month={self.month:%Y-%m}" in path.parts]
        receipt.write(of_the_month, rows={str(path): count for path, count in rows.items()})


class Measure(MonthsTask):
    """The months' metrics: one start of MetricFlow."""

    def requires(self) -> dict[date, Validate]:
        return {month: Validate(month=month, sources=self.sources) for month in self.months}

    def output(self) -> dict[date, Receipt]:
        return {
            month: Receipt(
                place("published/metrics", month, ".json"),
                [validated],
                metrics.digest() + wanted.mark_of(month, "content"),
            )
            for month, validated in self.input().items()
        }

    def run(self) -> None:
        from pipeline import report

        receipts, folder = self.output(), place("published/metrics", self.months[0], "").parent
        manifest = project.semantics(warehouse(), data_folder() / "dbt", duck())
        with whole_tree(folder) as work:
            folders = {month: work / f"month={month:%Y-%m}" for month in self.months}
            rows = metrics.export(warehouse(), manifest, folders, duck())
        with whole(place("reports", "metrics", ".html")) as page:
            page.write_text(report.catalogue(metrics.definitions().values()))
        for month, counts in rows.items():
            receipts[month].write(sorted((folder / f"month={month:%Y-%m}").iterdir()), rows=counts)


class Report(MonthTask):
    """The month's page, and the index of all pages."""

    resources = {"index": 1}

    def requires(self) -> dict[str, luigi.Task]:
        judged = Judge(months=(self.month,), sources=self.sources)
        return {
            "published": self.clone(Publish),
            "measured": Measure(months=(self.month,), sources=self.sources),
            "judged": judged,
            "transformed": judged.requires()[self.month],
        }

    def output(self) -> Receipt:
        inputs = self.input()
        return Receipt(place("reports", self.month, ".json"), [inputs["published"], inputs["measured"][self.month]])

    def run(self) -> None:
        from pipeline import report

        receipt, page, index = self.output(), place("reports", self.month, ".html"), place("reports", "index", ".html")
        published = self.input()["published"].path.parent
        findings = self.input()["judged"][self.month].record["findings"]
        provenance = [provenance_of(load) for load in self.requires()["transformed"].requires()[self.month]]
        with whole(page) as part:
            part.write_text(report.page(published, self.month, findings, provenance))
        with whole(index) as part:
            part.write_text(report.index(published, page.parent))
        receipt.write([page])


class RunMonth(MonthTask):
    """One month, end to end: ``luigi --module pipeline RunMonth --month 2024-01``.

    Then the months beside it, where its file holds rides that began in them.
    """

    def complete(self) -> bool:
        if wanted.is_unsettled():
            self.hold()
        return super().complete()

    def requires(self) -> Report:
        self.hold()
        return self.clone(Report)

    def hold(self) -> None:
        if or_exit(lock.hold, data_folder()):
            wanted.settle()

    def output(self) -> Receipt:
        return Receipt(place("complete", self.month, ".json"), [self.clone(Report).output()])

    def run(self) -> Iterator[list["RunMonth"]]:
        beside = [month_beside(self.month, distance) for distance in (-1, 1)]
        yield [
            RunMonth(month=month, sources=wanted.asked_of(month, self.sources))
            for month in beside
            if wanted.is_outdated(month)
        ]
        self.output().write(sources=self.sources)


def provenance_of(load: Load) -> dict[str, Any]:
    """Which file the loaded rows came from."""
    landed: dict[str, Any] = load.input()["landed"].record
    return landed | {"source": load.source, "rows": load.output().record["rows"]}
