"""The workflow on one page, and the tasks of a month: nothing but wiring.

::

    Published ─► Download ─► Convert ─► Load      one a source and month: source_tasks.py
                             Describe ─► │        once, until the project changes
    ┌────────────────────────────────────┘
    └► Transform ─► Judge ─► Validate ─► Publish ─► Measure ─► Report ─► RunMonth
       one a month; Transform, Judge, Measure and Report for all months that are ready together

Rooms are imported where they run: a run that finds nothing to do imports none of them.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from typing import Any

from pipeline import metrics
from pipeline.errors import MonthRejected
from pipeline.history import runs
from pipeline.months import add_months
from pipeline.paths import atomic_write, atomic_write_tree, data_folder, path_for
from pipeline.process import keeping_all
from pipeline.sources import CONFIG
from pipeline.tasks import records, selection
from pipeline.tasks.base import Task
from pipeline.tasks.parameters import Month, Months, Sources, duck, mobility, or_exit
from pipeline.tasks.receipts import Receipt, digest_of_files, warehouse
from pipeline.tasks.source import Load
from pipeline.warehouse import dbt

SUITES = CONFIG / "expectations"


class MonthsTask(Task):
    """One step of a month, or of all months that are ready for it together."""

    months = Months()
    sources = Sources()
    resources = {"warehouse": 1}
    max_batch_size = 24


class Describe(Task):
    """What the project declares, for people and for the steps to come: its documentation, its metrics and their SQL.

    While files are on their way, so that dbt and MetricFlow have their plans ready when the first month is loaded.
    """

    priority = 40

    def output(self) -> Receipt:
        return Receipt(path_for("reports", "models", ".json"), version=dbt.digest())

    def run(self) -> None:
        from pipeline import report

        receipt, folder = self.output(), data_folder() / "dbt"
        models, catalogue = (path_for("reports", name, ".html") for name in ("models", "metrics"))
        with atomic_write(models) as page:
            page.write_bytes(dbt.document(warehouse(), folder, duck()).read_bytes())
        with atomic_write(catalogue) as page:
            page.write_text(report.catalogue(metrics.definitions().values()))
        metrics.compiled(dbt.semantics(warehouse(), folder, duck()))
        receipt.write([models, catalogue])


class Transform(MonthsTask):
    """The marts of the months, from everything that is loaded for them: one start of dbt."""

    def requires(self) -> dict[date | str, Any]:
        return {month: self.loads(month) for month in self.months} | {"project": Describe()}

    def loads(self, month: date) -> list[Load]:
        return [Load(**load) for load in selection.loads_of(month, self.sources)]

    def output(self) -> dict[date, Receipt]:
        version = dbt.model_version()
        return {
            month: Receipt(
                path_for("warehouse/transformed", month, ".json"),
                [load.output() for load in self.loads(month)],
                version,
            )
            for month in self.months
        }

    def run(self) -> None:
        from pipeline.warehouse import raw as room
        from pipeline.warehouse import transform

        receipts = self.output() | self.lost_beside()
        with records.unsettled(list(receipts)) as left:
            room.begin(warehouse(), list(receipts), duck())
            for months, built in transform.build_all(warehouse(), list(receipts), data_folder() / "dbt", duck()):
                contents = transform.contents(warehouse(), months, duck())
                for month in months:
                    receipts[month].write(within=warehouse(), **asdict(built) | contents[month])
                records.note_contents(contents)
                left.difference_update(months)

    def lost_beside(self) -> dict[date, Receipt]:
        """The receipts of months beside these that are to be built again, too: together they settle at once."""
        beside = {add_months(month, distance) for month in self.months for distance in (-1, 1)} - set(self.months)
        again = [
            Transform(months=(month,), sources=selection.asked_of(month, self.sources))
            for month in sorted(beside)
            if records.is_lost(month)
        ]
        ready = [task for task in again if all(load.complete() for load in task.loads(task.months[0]))]
        return {month: receipt for task in ready for month, receipt in task.output().items()}


class Judge(MonthsTask):
    """What Great Expectations finds in the months, good or bad: one start of Great Expectations."""

    def requires(self) -> dict[date, Transform]:
        return {month: Transform(months=(month,), sources=self.sources) for month in self.months}

    def output(self) -> dict[date, Receipt]:
        version = digest_of_files(SUITES)
        return {
            month: Receipt(
                path_for("quality", month, ".findings.json"),
                [transformed[month]],
                version + records.mark_of(month, "facts"),
            )
            for month, transformed in self.input().items()
        }

    def run(self) -> None:
        from pipeline import quality
        from pipeline.warehouse import raw as room

        receipts, docs = self.output(), data_folder() / "reports" / "quality"
        with keeping_all():
            verdicts = quality.judge(warehouse(), self.months, SUITES, duck(), records.months_rejected(), docs)
        facts = {month: verdict.record() for month, verdict in verdicts.items()}
        room.keep_findings(warehouse(), {month: fact["findings"] for month, fact in facts.items()}, duck())
        for month, fact in facts.items():
            receipts[month].write(content=json.dumps(fact), **fact)  # the months before affect it as well


class MonthTask(Task):
    """One step of one month."""

    month = Month()
    sources = Sources()


class Validate(MonthTask):
    """The gate: a month that failed a critical expectation goes no further, unless somebody accepted just that."""

    def requires(self) -> Judge:
        return Judge(months=(self.month,), sources=self.sources)

    def output(self) -> Receipt:
        return Receipt(path_for("quality", self.month, ".json"), [self.input()[self.month]])

    def run(self) -> None:
        from pipeline import quality

        receipt, verdict = self.output(), quality.Verdict.from_record(self.input()[self.month].record)
        acceptance = quality.Acceptance.from_record(records.record_of("quality", self.month, ".accepted.json"))
        accepted = quality.override_reason(verdict, acceptance)
        rejected = Receipt(path_for("quality", self.month, ".rejected.json"), receipt.inputs)
        if verdict.rejected and not accepted:
            rejected.write(why=verdict.why, findings=verdict.record()["findings"])
            raise MonthRejected(f"{self.month:%Y-%m} is rejected: {verdict.why}; all findings are in {rejected.path}")
        rejected.path.unlink(missing_ok=True)
        receipt.write(findings=len(verdict.findings), accepted=accepted)


class Publish(MonthTask):
    """The month's marts as Parquet, beside the dimensions."""

    priority = 5  # all months that passed before any is measured: Measure can then take them together
    resources = {"warehouse": 1}

    def requires(self) -> Validate:
        return self.clone(Validate)

    def output(self) -> Receipt:
        return Receipt(
            path_for("published", self.month, ".json"), [self.input()], records.mark_of(self.month, "content")
        )

    def run(self) -> None:
        from pipeline.warehouse import publish

        receipt = self.output()
        with atomic_write_tree(receipt.path.parent) as folder:
            rows = publish.export(warehouse(), self.month, folder, duck())
        of_the_month = [receipt.path.parent / path for path in rows if f"month={self.month:%Y-%m}" in path.parts]
        receipt.write(of_the_month, rows={str(path): count for path, count in rows.items()})


class Measure(MonthsTask):
    """The months' metrics, by MetricFlow's SQL, and the effects of weather."""

    def requires(self) -> dict[date, Publish]:
        return {month: Publish(month=month, sources=self.sources) for month in self.months}

    def output(self) -> dict[date, Receipt]:
        declared = metrics.digest()
        return {
            month: Receipt(path_for("published/metrics", month, ".json"), [published], declared)
            for month, published in self.input().items()
        }

    def run(self) -> None:
        receipts, folder = self.output(), path_for("published/metrics", self.months[0], "").parent
        manifest = dbt.semantics(warehouse(), data_folder() / "dbt", duck())
        with atomic_write_tree(folder) as work:
            folders = {month: work / f"month={month:%Y-%m}" for month in self.months}
            rows = metrics.export(warehouse(), manifest, folders, duck())
        for month, counts in rows.items():
            receipts[month].write(sorted((folder / f"month={month:%Y-%m}").iterdir()), rows=counts)


class Report(MonthsTask):
    """The months' pages, and the index of all pages."""

    resources = {"index": 1}

    def requires(self) -> dict[date, Measure]:
        return {month: Measure(months=(month,), sources=self.sources) for month in self.months}

    def output(self) -> dict[date, Receipt]:
        return {
            month: Receipt(path_for("reports", month, ".json"), [measured[month]])
            for month, measured in self.input().items()
        }

    def run(self) -> None:
        from pipeline import report

        receipts, index = self.output(), path_for("reports", "index", ".html")
        published, steps = data_folder() / "published", runs.steps(data_folder() / "runs", self.months)
        pages = {month: path_for("reports", month, ".html") for month in self.months}
        for month, page in pages.items():
            checks, account = report.checks_link(page), self.account_of(month)
            with atomic_write(page) as part:
                part.write_text(report.page(published, month, **account, checks=checks, steps=steps[month]))
        with atomic_write(index) as part:
            part.write_text(report.index(published, index.parent, records.why_rejected()))
        for month, page in pages.items():
            receipts[month].write([page])
        self.show(message=str(index), link=index.as_uri())

    def account_of(self, month: date) -> dict[str, Any]:
        """What was found in the month, why it was let through all the same, and the files it was made from."""
        validated = Validate(month=month, sources=self.sources)
        judged = validated.requires()
        return {
            "findings": judged.output()[month].record["findings"],
            "accepted": validated.output().record.get("accepted", ""),
            "provenance": [load.provenance() for load in judged.requires()[month].loads(month)],
        }


class RunMonth(MonthTask):
    """One month, end to end: ``luigi --module pipeline RunMonth --month 2024-01``.

    Then the months beside it, where its file holds rides that began in them.
    """

    def complete(self) -> bool:
        if records.is_unsettled():
            self.hold()
        return super().complete()

    @property
    def report(self) -> Report:
        return Report(months=(self.month,), sources=self.sources)

    def requires(self) -> Report:
        self.hold()
        return self.report

    def hold(self) -> None:
        """Before anything is made; a run that finds all complete does not come here."""
        or_exit(records.begin, mobility().least_free_gb)
        import duckdb  # noqa: F401  # once, and not in each of the processes that Luigi forks for tasks (0.15 s, 2026-11)

    def output(self) -> Receipt:
        return Receipt(path_for("complete", self.month, ".json"), [self.report.output()[self.month]])

    def run(self) -> Iterator[list["RunMonth"]]:
        beside = [add_months(self.month, distance) for distance in (-1, 1)]
        yield [
            RunMonth(month=month, sources=selection.asked_of(month, self.sources))
            for month in beside
            if records.is_outdated(month) and month not in records.months_rejected()
        ]
        self.output().write(sources=self.sources)
        page = path_for("reports", self.month, ".html")
        self.show(message=str(page), link=page.as_uri())
