"""Great Expectations' own pages, Data Docs: what was asked of each month, suite by suite, and what came of it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.database import Settings
from pipeline.quality.findings import Subject

if TYPE_CHECKING:
    from great_expectations.core import ExpectationValidationResult
    from great_expectations.data_context.data_context.ephemeral_data_context import EphemeralDataContext
    from great_expectations.data_context.types.resource_identifiers import ValidationResultIdentifier
    from great_expectations.datasource.fluent.interfaces import Batch
    from great_expectations.datasource.fluent.sql_datasource import SQLDatasource

SITE = "months"


@dataclass
class Site:
    """The pages of this run's months, beside those of the months before."""

    context: "EphemeralDataContext"
    began: datetime

    def add(self, subject: Subject, batch: "Batch", results: "Sequence[ExpectationValidationResult]") -> None:
        """Keeps the results of one suite."""
        from great_expectations.core import ExpectationSuiteValidationResult, RunIdentifier
        from great_expectations.data_context.types.resource_identifiers import (
            ExpectationSuiteIdentifier,
            ValidationResultIdentifier,
        )

        for result in results:
            result.result = floats(result.result)
        run = RunIdentifier(run_name=f"{subject.month:%Y-%m}", run_time=self.began)
        passed = sum(bool(result.success) for result in results)
        kept = ExpectationSuiteValidationResult(
            results=list(results),
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
        self.context.validation_results_store.add(key, kept)

    def forget(self, month: date) -> None:
        """Takes away what was kept of earlier judgements of the month."""
        for key in self.kept([month]):
            self.context.validation_results_store.remove_key(key)  # type: ignore[no-untyped-call]

    def build(self, months: Sequence[date]) -> None:
        """Renders the pages of these months, and the index of all."""
        if keys := self.kept(months):  # without any, Great Expectations would render all
            self.context.build_data_docs(resource_identifiers=keys)

    def kept(self, months: Sequence[date]) -> "list[ValidationResultIdentifier]":
        labels = {f"{month:%Y-%m}" for month in months}
        keys: list[Any] = self.context.validation_results_store.list_keys()
        return [key for key in keys if key.run_id.run_name in labels]


def floats(value: Any) -> Any:
    """The same with floats for decimals, for each of which Great Expectations would walk its stack (50 ms)."""
    if isinstance(value, Mapping):
        return {key: floats(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [floats(each) for each in value]
    return float(value) if isinstance(value, Decimal) else value


@contextmanager
def opened(warehouse: Path, duck: Settings, docs: Path | None) -> "Iterator[tuple[SQLDatasource, Site | None]]":
    """The warehouse as Great Expectations sees it, and its pages; it sends nothing anywhere.

    What the pages show is kept in ``docs`` beside them, so that they can be drawn again.
    """
    import great_expectations as gx
    from great_expectations.data_context.types.base import DataContextConfig, ProgressBarsConfig

    context = gx.get_context(
        mode="ephemeral",
        project_config=DataContextConfig(
            store_backend_defaults=stores(docs),
            data_docs_sites={SITE: site_of(docs)} if docs else {},
            progress_bars=ProgressBarsConfig(globally=False),
            analytics_enabled=False,
        ),
    )
    datasource = context.data_sources.add_sql(
        "warehouse",
        connection_string=f"duckdb:///{warehouse}",
        # The stub does not know of kwargs. Great Expectations gives its connection back before it fetches, and the
        # roll-back on return drops what DuckDB holds ready: every expectation "fails", by an exception. Reading needs
        # no roll-back.
        kwargs={  # type: ignore[call-arg]
            "connect_args": {"read_only": True, "config": dict(duck)},
            "pool_reset_on_return": None,
        },
    )
    try:
        yield datasource, Site(context, datetime.now(UTC)) if docs else None
    finally:
        # Two engines hold the file: one tests the connection, one judges. DuckDB opens for writing when both are gone.
        datasource.get_engine().dispose()
        datasource.get_execution_engine().close()


def stores(docs: Path | None) -> Any:
    """In memory, but for the results that the pages show."""
    from great_expectations.data_context.types.base import InMemoryStoreBackendDefaults

    defaults = InMemoryStoreBackendDefaults()
    if docs:
        kept = {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(docs / "results")}
        results = {"class_name": "ValidationResultsStore", "store_backend": kept}
        defaults.stores = {**defaults.stores, defaults.validation_results_store_name: results}
    return defaults


def site_of(docs: Path) -> dict[str, Any]:
    return {
        "class_name": "SiteBuilder",
        "site_name": "NYC mobility & weather analytics",
        "show_how_to_buttons": False,
        "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(docs)},
        "site_index_builder": {"class_name": "DefaultSiteIndexBuilder", "show_cta_footer": False},
    }
