"""The workflow on one page, and the tasks of a month.

::

    Published ─► Download ─► Convert ─► Load      for each source and month: source.py
                             Describe ─► │        once, until the dbt project changes; CompileMetrics ─► Measure
    ┌────────────────────────────────────┘
    └► Transform ─► Judge ─► Validate ─► Publish ─► Measure ─► Explore ─► Report ─► RunMonth
       for each month; Transform, Judge, Measure, Explore and Report for all months that are ready together
       RunMonth ─► Upload, where an address of object storage is set: upload.py

The steps are imported where they run: a run that finds everything complete imports none of them.

Whatever looks at a month's marts has the resource ``warehouse``: a Transform that runs withdraws neighbours' receipts.
"""

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

from pipeline import metrics
from pipeline.errors import MonthRejected
from pipeline.history import runs
from pipeline.months import add_months
from pipeline.paths import atomic_write, atomic_write_tree, data_folder, digest_of_files, path_for, program
from pipeline.process import no_garbage_collection
from pipeline.progress import counter
from pipeline.project import CONFIG
from pipeline.tasks import explore, marts, records, selection
from pipeline.tasks.base import AsksAgain
from pipeline.tasks.describe import CompileMetrics, Describe
from pipeline.tasks.pages import write_index
from pipeline.tasks.parameters import MonthsTask, MonthTask
from pipeline.tasks.receipts import Receipt
from pipeline.tasks.scheduler import exit_on_error
from pipeline.tasks.settings import address_of, require_engine, warehouse
from pipeline.tasks.source import CheckForReissue, Load, checks_for_reissue
from pipeline.warehouse import dbt
from pipeline.warehouse.batches import batches

SUITES = CONFIG / "expectations"


class Transform(MonthsTask):
    """The marts of the months, from everything that is loaded for them: one start of dbt, or several of many rows."""

    action = "built the tables"
    doing = "building the tables"

    def requires(self) -> dict[date | str, Any]:
        require_engine()
        exit_on_error(selection.check_begun, self.months, self.sources)
        return {month: self.loads(month) for month in self.months} | {"project": Describe()}

    def loads(self, month: date) -> list[Load]:
        """The loads that the month is built from."""
        return [Load(source=one.name, month=one.loaded_as(month)) for one in selection.sources_of(month, self.sources)]

    def output(self) -> dict[date, Receipt]:
        version = dbt.model_version()
        return {
            month: Receipt(records.transform_receipt(month), [load.output() for load in self.loads(month)], version)
            for month in self.months
        }

    def run(self) -> None:
        receipts, errors = self.output(), []
        loads = {month: self.loads(month) for month in self.months}
        loaded = {month: [load.source for load in loads[month]] for month in self.months}
        rows = {month: sum(load.output().record["rows"] for load in loads[month]) for month in self.months}
        for months in batches(rows):
            with self.progress("models and tests"):
                rebuilt = marts.rebuild(warehouse(), {month: loaded[month] for month in months})
            for month, facts in rebuilt.facts.items():
                receipts[month].write(within=warehouse().path, **facts)
            errors += [rebuilt.error] if rebuilt.error else []
        if errors:
            raise errors[0]


class Judge(MonthsTask):
    """What Great Expectations finds in the months: one start of Great Expectations."""

    action = "checked by Great Expectations"
    doing = "checking by Great Expectations"

    def requires(self) -> dict[date, Transform]:
        return {month: Transform(months=(month,), sources=self.sources) for month in self.months}

    def output(self) -> dict[date, Receipt]:
        version = digest_of_files(*SUITES.glob("*.yaml"))
        return {
            month: Receipt(
                path_for("quality", month, ".findings.json"),
                [transformed[month]],
                version + records.mart_digest(month, "facts"),
            )
            for month, transformed in self.input().items()
        }

    def run(self) -> None:
        from pipeline import quality
        from pipeline.warehouse import raw

        receipts, docs = self.output(), data_folder() / "reports" / "quality"
        with no_garbage_collection(), self.progress("suites"):
            excluded, generated = records.months_rejected(), records.generated_sources(self.months)
            verdicts = quality.judge(warehouse(), self.months, SUITES, excluded, docs, generated)
        facts = {month: verdict.record() for month, verdict in verdicts.items()}
        raw.store_findings(warehouse(), {month: fact["findings"] for month, fact in facts.items()})
        for month, fact in facts.items():
            pages = quality.files_of(docs, month)
            # The months before affect it as well.
            receipts[month].write(pages, docs / "index.html", result=json.dumps(fact), **fact)


class Validate(MonthTask):
    """The gate: a month that fails a critical expectation stops here, unless exactly its findings were accepted."""

    def requires(self) -> Judge:
        return Judge(months=(self.month,), sources=self.sources)

    def output(self) -> Receipt:
        return Receipt(path_for("quality", self.month, ".json"), [self.input()[self.month]])

    def run(self) -> Iterator[list[CheckForReissue]]:
        from pipeline import quality

        receipt, verdict = self.output(), quality.Verdict.from_record(self.input()[self.month].record)
        acceptance = quality.Acceptance.from_record(records.record_of("quality", self.month, ".accepted.json"))
        accepted = quality.override_reason(verdict, acceptance)
        rejected = Receipt(path_for("quality", self.month, ".rejected.json"), receipt.inputs)
        if verdict.rejected and not accepted:
            rejected.write(why=verdict.why, findings=verdict.record()["findings"])
            # Luigi builds the month again where a publisher has replaced one of its files.
            yield checks_for_reissue(self.month, {finding.source for finding in verdict.rejecting})
            raise MonthRejected(
                f"{self.month:%Y-%m} is rejected: {verdict.why}; all findings are in {rejected.path}; the next run asks"
                f" for replaced files, and {program()} forget {self.month:%Y-%m} --source NAME has one downloaded again"
            )
        rejected.path.unlink(missing_ok=True)
        receipt.write(findings=len(verdict.findings), accepted=accepted)


class Publish(MonthTask):
    """The month's marts as Parquet, beside the dimensions where these have changed."""

    action = "published {rows} rows"
    doing = "publishing"
    priority = 5  # all months that are accepted before any is measured: Measure can then take them together

    def requires(self) -> Validate:
        return self.clone(Validate)

    def output(self) -> Receipt:
        content = records.mart_digest(self.month, "content")
        return Receipt(path_for("published", self.month, ".json"), [self.input()], content)

    def run(self) -> None:
        from pipeline.warehouse import publish

        receipt = self.output()
        dimensions = records.published_dimensions()
        with atomic_write_tree(receipt.path.parent) as folder, self.progress("tables"):
            rows = publish.export(warehouse(), self.month, folder, with_dimensions=not dimensions.exists())
        of_month = [path for path in rows if f"month={self.month:%Y-%m}" in path.parts]
        if shared := [path for path in rows if path not in of_month]:
            dimensions.write([receipt.path.parent / path for path in shared])
        counts = {str(path): count for path, count in rows.items()}
        receipt.write([receipt.path.parent / path for path in of_month], rows=counts)


class Measure(AsksAgain, MonthsTask):
    """The months' metrics, by MetricFlow's SQL, and the effects of weather."""

    action = "computed the metrics"
    doing = "computing the metrics"

    def requires(self) -> dict[date | str, Any]:
        published: dict[date | str, Any] = {month: Publish(month=month, sources=self.sources) for month in self.months}
        return published | {"queries": CompileMetrics()}

    def output(self) -> dict[date, Receipt]:
        folder, inputs, version = "published/metrics", self.input(), metrics.digest()
        return {month: Receipt(path_for(folder, month, ".json"), [inputs[month]], version) for month in self.months}

    def build(self) -> None:
        receipts, folder = self.output(), path_for("published/metrics", self.months[0], "").parent
        manifest = dbt.semantic_manifest(warehouse())
        with atomic_write_tree(folder) as work, self.progress("queries"):
            folders = {month: work / f"month={month:%Y-%m}" for month in self.months}
            rows = metrics.export(warehouse(), manifest, folders, records.generated_sources(self.months))
            pooled = metrics.export_pooled(warehouse(), work)
        Receipt(records.pooled_receipt()).write([folder / name for name in pooled])
        for month, counts in rows.items():
            receipts[month].write(sorted((folder / f"month={month:%Y-%m}").iterdir()), rows=counts)


class Explore(AsksAgain, MonthsTask):
    """The files from which explore.html answers questions about the months."""

    action = "wrote the data of the Explore page"
    doing = "writing the data of the Explore page"

    def requires(self) -> dict[date, Measure]:
        return {month: Measure(months=(month,), sources=self.sources) for month in self.months}

    def output(self) -> dict[date, Receipt]:
        return {
            month: Receipt(path_for(records.EXPLORE, month, ".json"), [measured[month]], explore.version())
            for month, measured in self.input().items()
        }

    def build(self) -> None:
        with self.progress("months"):
            count = counter(len(self.months))
            for month, receipt in self.output().items():
                file = receipt.path.with_suffix(".js")
                receipt.write([file], **explore.write_month(month, file))
                count()


class Report(AsksAgain, MonthsTask):
    """The months' pages, the index of all pages, and what the data of the Explore page have in common."""

    action = "wrote the page{s}"
    doing = "writing pages"

    def requires(self) -> dict[date, Explore]:
        return {month: Explore(months=(month,), sources=self.sources) for month in self.months}

    def output(self) -> dict[date, Receipt]:
        return {
            month: Receipt(path_for("reports", month, ".json"), [explored[month]])
            for month, explored in self.input().items()
        }

    def build(self) -> None:
        from pipeline import report

        receipts, published = self.output(), data_folder() / "published"
        steps = runs.steps(data_folder() / "runs", self.months)
        pages = {month: path_for("reports", month, ".html") for month in self.months}
        with self.progress("pages"):
            count = counter(len(pages))
            for month, page in pages.items():
                checks, account = report.checks_link(page), self.account_of(month)
                with atomic_write(page) as part:
                    part.write_text(report.page(published, month, **account, checks=checks, steps=steps[month]))
                count()
        index = write_index(self.months)
        for month, page in pages.items():
            receipts[month].write([page])
        self.notify(message=str(index), link=address_of(index))

    def account_of(self, month: date) -> dict[str, Any]:
        """The month's findings, why it is published although rejected, and the files that it was built from."""
        validated = Validate(month=month, sources=self.sources)
        judged = validated.requires()
        return {
            "findings": judged.output()[month].record["findings"],
            "accepted": validated.output().record.get("accepted", ""),
            "provenance": [load.provenance() for load in judged.requires()[month].loads(month)],
        }


class RunMonth(MonthTask):
    """One month, end to end: ``luigi --module pipeline RunMonth --month 2024-01``.

    Then its neighbours, where its file holds rides that began in them.
    """

    @property
    def report(self) -> Report:
        return Report(months=(self.month,), sources=self.sources)

    def requires(self) -> Report:
        return self.report

    def output(self) -> Receipt:
        return Receipt(path_for("complete", self.month, ".json"), [self.report.output()[self.month]])

    def run(self) -> Iterator[list["RunMonth"]]:
        neighbours = [add_months(self.month, distance) for distance in (-1, 1)]
        yield [run_again(month, self.sources) for month in neighbours if must_run_again(month)]
        self.output().write(sources=self.sources)
        page = path_for("reports", self.month, ".html")
        self.notify(message=str(page), link=address_of(page))


def must_run_again(month: date) -> bool:
    """Whether a published month is outdated. One that is rejected, or being forgotten, is left as it is."""
    return records.is_outdated(month) and bool(selection.loaded(month)) and month not in records.months_rejected()


def run_again(month: date, source_names: tuple[str, ...]) -> RunMonth:
    """The task that brings a month up to date that was built before."""
    return RunMonth(month=month, sources=selection.source_names_for(month, source_names))
