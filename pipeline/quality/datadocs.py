"""Data Docs, Great Expectations' own pages: the expectations of each suite and their results, month by month."""

import copy
import html
import logging
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.database import TIME_ZONE, Warehouse
from pipeline.quality.suites import Subject

if TYPE_CHECKING:
    from great_expectations.core import ExpectationValidationResult
    from great_expectations.data_context.data_context.ephemeral_data_context import EphemeralDataContext
    from great_expectations.data_context.types.resource_identifiers import ValidationResultIdentifier
    from great_expectations.datasource.fluent.interfaces import Batch
    from great_expectations.datasource.fluent.sql_datasource import SQLDatasource

SITE = "months"


@dataclass
class DataDocs:
    """The pages of the months of this run, beside those of earlier runs."""

    context: "EphemeralDataContext"
    folder: Path
    started_at: datetime

    @contextmanager
    def replaced(self, months: Sequence[date]) -> Iterator[None]:
        """Replaces the pages of these months by those of the results that are added in the block.

        Great Expectations overwrites files in place. So where it fails, neither pages of the months nor an index stay.
        """
        self.remove(months)
        try:
            yield
            self.build(months)
        except BaseException:
            self.remove(months)
            (self.folder / "index.html").unlink(missing_ok=True)
            raise

    def add(self, subject: Subject, batch: "Batch", results: "Sequence[ExpectationValidationResult]") -> None:
        """Stores the results of one suite."""
        from great_expectations.core import ExpectationSuiteValidationResult, RunIdentifier
        from great_expectations.data_context.types.resource_identifiers import (
            ExpectationSuiteIdentifier,
            ValidationResultIdentifier,
        )

        shown = [for_pages(result) for result in results]
        run = RunIdentifier(run_name=f"{subject.month:%Y-%m}", run_time=self.started_at)
        passed = sum(bool(result.success) for result in results)
        validated = ExpectationSuiteValidationResult(
            results=shown,
            success=passed == len(results),
            suite_name=subject.suite,
            statistics={
                "evaluated_expectations": len(results),
                "successful_expectations": passed,
                "unsuccessful_expectations": len(results) - passed,
                "success_percent": 100 * passed / len(results) if results else None,
            },
            meta={"run_id": run, "batch_spec": {}, "active_batch_definition": {"batch": batch.id}},
            batch_id=batch.id,
        )
        key = ValidationResultIdentifier(
            expectation_suite_identifier=ExpectationSuiteIdentifier(subject.suite),
            run_id=run,
            batch_identifier=subject.source or "all",
        )
        self.context.validation_results_store.add(key, validated)

    def remove(self, months: Sequence[date]) -> None:
        """Deletes the stored results of the months, and their pages."""
        for month in months:
            for of_suite in self.folder.glob(f"*/*/{month:%Y-%m}"):
                shutil.rmtree(of_suite)

    def build(self, months: Sequence[date]) -> None:
        """Renders the pages of these months, and the index of all months."""
        if keys := self.stored_keys(months):  # an empty list makes Great Expectations render every month
            self.context.build_data_docs(resource_identifiers=keys)

    def stored_keys(self, months: Sequence[date]) -> "list[ValidationResultIdentifier]":
        labels = {f"{month:%Y-%m}" for month in months}
        keys: list[Any] = self.context.validation_results_store.list_keys()
        return [key for key in keys if key.run_id.run_name in labels]


def for_pages(result: "ExpectationValidationResult") -> "ExpectationValidationResult":
    """A copy whose values can stand in a page: Great Expectations writes them into its tables as HTML."""
    shown = copy.copy(result)
    shown.result, shown.exception_info = escaped(result.result), escaped(result.exception_info)
    return shown


def escaped(value: Any) -> Any:
    """The value with texts escaped for HTML, and with floats for decimals, which take 50 ms each to serialize."""
    if isinstance(value, Mapping):
        return {escaped(key): escaped(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [escaped(each) for each in value]
    if isinstance(value, str):
        return html.escape(value)
    return float(value) if isinstance(value, Decimal) else value


@contextmanager
def open_warehouse(warehouse: Warehouse, docs: Path | None) -> "Iterator[tuple[SQLDatasource, DataDocs | None]]":
    """The warehouse as a data source of Great Expectations, and the Data Docs in the folder ``docs``.

    The folder also holds the results that the pages show, so that they can be rendered again. Usage statistics are off.
    """
    import great_expectations as gx
    from great_expectations.data_context.types.base import DataContextConfig, ProgressBarsConfig

    logging.getLogger("great_expectations.render.renderer.site_builder").addFilter(raise_again)
    context = gx.get_context(
        mode="ephemeral",
        project_config=DataContextConfig(
            store_backend_defaults=stores(docs),
            data_docs_sites={SITE: site_config(docs)} if docs else {},
            progress_bars=ProgressBarsConfig(globally=False),
            analytics_enabled=False,
        ),
    )
    with warehouse.connect(read_only=True):  # waits for a process that holds the file: Great Expectations does not
        pass
    datasource = context.data_sources.add_sql(
        "warehouse",
        # The path is an argument below, because Great Expectations replaces $NAME in this string by a variable.
        connection_string="duckdb:///warehouse",
        # Great Expectations returns its connection to the pool before it fetches. SQLAlchemy rolls back on return, and
        # DuckDB drops the pending result: every expectation raises an exception. Reading needs no rollback.
        # DuckDB refuses a time zone before it is connected. duckdb-engine sets it afterwards, because it is not spelt
        # like DuckDB's option (TimeZone).
        # The type stub lacks kwargs.
        kwargs={  # type: ignore[call-arg]
            "connect_args": {
                "database": str(warehouse.path),
                "read_only": True,
                "config": {**warehouse.settings, "timezone": TIME_ZONE},
            },
            "pool_reset_on_return": None,
        },
    )
    try:
        yield datasource, DataDocs(context, docs, datetime.now(UTC)) if docs else None
    finally:
        # Two engines hold the file: one tests the connection, one evaluates. DuckDB opens it for writing once both are
        # disposed.
        datasource.get_engine().dispose()
        datasource.get_execution_engine().close()


def raise_again(record: logging.LogRecord) -> bool:
    """A filter for log records of an error that was caught: raises it. Other records pass.

    Great Expectations logs that a page cannot be written, with a stack trace, and goes on.
    """
    if record.levelno >= logging.ERROR and (error := sys.exc_info()[1]):
        raise error
    return True


def literally(path: Path) -> str:
    """The path in a configuration of Great Expectations, which replaces ``$NAME`` by a variable unless escaped."""
    return str(path).replace("$", r"\$")


def stores(docs: Path | None) -> Any:
    """Stores in memory, except the results that the pages show."""
    from great_expectations.data_context.types.base import InMemoryStoreBackendDefaults

    defaults = InMemoryStoreBackendDefaults()
    if docs:
        backend = {"class_name": "TupleFilesystemStoreBackend", "base_directory": literally(docs / "results")}
        results = {"class_name": "ValidationResultsStore", "store_backend": backend}
        defaults.stores = {**defaults.stores, defaults.validation_results_store_name: results}
    return defaults


def site_config(docs: Path) -> dict[str, Any]:
    return {
        "class_name": "SiteBuilder",
        "site_name": "NYC mobility & weather analytics",
        "show_how_to_buttons": False,
        "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": literally(docs)},
        "site_index_builder": {"class_name": "DefaultSiteIndexBuilder", "show_cta_footer": False},
    }
