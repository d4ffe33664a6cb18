"""Data Docs: what Great Expectations renders of the results of each suite, in pages that need no network.

Great Expectations' own pages load scripts and styles from seven hosts, and its index is built by a script: without
network they are blank. Here its renderers make the contents, and templates of this folder the pages around them.

::

    index.html                              the months, with how many checks passed
    <month>/index.html, summary.json        the suites of a month
    validations/<suite>/<month>/<source>.html   one suite: each expectation with the observed value
"""

import copy
import html
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.database import TIME_ZONE, Warehouse
from pipeline.months import parse_month
from pipeline.quality.gx import import_great_expectations
from pipeline.quality.suites import Subject

if TYPE_CHECKING:
    from great_expectations.core import ExpectationValidationResult
    from great_expectations.datasource.fluent.sql_datasource import SQLDatasource
    from great_expectations.render.view.view import DefaultJinjaPageView
    from jinja2 import Environment

HERE = Path(__file__).parent
SUMMARY = "summary.json"
SECTIONS = """
{% for section in sections %}{% set section_loop = loop %}{% include "section.j2" %}{% endfor %}
"""


@dataclass(frozen=True)
class Page:
    """The page of a suite's results for a month; ``link`` is relative to the folder of Data Docs."""

    suite: str
    source: str
    link: str
    checks: int
    passed: int


@dataclass
class DataDocs:
    """The pages of the months of this run, beside those of earlier runs.

    ``generated`` has the sources of each month whose data are generated (see pipeline/generated.py).
    """

    folder: Path
    generated: Mapping[date, Sequence[str]]
    pages: dict[date, list[Page]] = field(default_factory=dict)

    @contextmanager
    def replaced(self, months: Sequence[date]) -> Iterator[None]:
        """Replaces the pages of these months by those of the results that are added in the block.

        Where it fails, neither pages of the months nor an index stay.
        """
        self.remove(months)
        try:
            yield
            self.build(months)
        except BaseException:
            self.remove(months)
            (self.folder / "index.html").unlink(missing_ok=True)
            raise

    def add(self, subject: Subject, results: "Sequence[ExpectationValidationResult]") -> None:
        """Writes the page of one suite."""
        source = subject.source or "all"
        link = f"validations/{subject.suite}/{subject.month:%Y-%m}/{source}.html"
        passed = sum(bool(result.success) for result in results)
        page = Page(subject.suite, subject.source, link, len(results), passed)
        self.pages.setdefault(subject.month, []).append(page)
        self.write(link, "suite.html.j2", month=subject.month, page=page, results=rendered(subject.suite, results))

    def remove(self, months: Sequence[date]) -> None:
        """Deletes the pages of the months."""
        for folder in (folder for month in months for folder in folders_of(self.folder, month)):
            shutil.rmtree(folder)

    def build(self, months: Sequence[date]) -> None:
        """Writes the pages of these months, and the index of all months."""
        for month in months:
            pages = self.pages.get(month, [])
            self.write(f"{month:%Y-%m}/index.html", "month.html.j2", month=month, pages=pages)
            summary = {"generated": [*self.generated.get(month, ())], "pages": [asdict(page) for page in pages]}
            (self.folder / f"{month:%Y-%m}" / SUMMARY).write_text(json.dumps(summary, indent=1) + "\n")
        write_index(self.folder)

    def write(self, link: str, template: str, month: date, **values: Any) -> None:
        path = self.folder / link
        path.parent.mkdir(parents=True, exist_ok=True)
        up = "../" * link.count("/")
        generated = self.generated.get(month, ())
        path.write_text(environment().get_template(template).render(month=month, up=up, generated=generated, **values))


def write_index(folder: Path) -> None:
    """Writes the index of all months that have pages, the newest first."""
    found = {parse_month(path.parent.name): json.loads(path.read_text()) for path in folder.glob(f"????-??/{SUMMARY}")}
    months = [
        {"month": month, "checks": sum(page["checks"] for page in summary["pages"])}
        | {"passed": sum(page["passed"] for page in summary["pages"]), "is_generated": bool(summary["generated"])}
        for month, summary in sorted(found.items(), reverse=True)
    ]
    (folder / "index.html").write_text(environment().get_template("index.html.j2").render(months=months, up=""))


def folders_of(folder: Path, month: date) -> list[Path]:
    """The folders with pages of the month."""
    return sorted([*folder.glob(f"{month:%Y-%m}"), *folder.glob(f"*/*/{month:%Y-%m}")])


def files_of(folder: Path, month: date) -> list[Path]:
    """The files of the month's pages."""
    return [path for one in folders_of(folder, month) for path in sorted(one.rglob("*")) if path.is_file()]


@cache
def environment() -> "Environment":
    """The templates of this folder."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True)


@cache
def view() -> "DefaultJinjaPageView":
    """Great Expectations' templates."""
    from great_expectations.render.view.view import DefaultJinjaPageView

    return DefaultJinjaPageView()


def rendered(suite: str, results: "Sequence[ExpectationValidationResult]") -> str:
    """The results as HTML, by Great Expectations: a section for each column, with a row for each expectation.

    Its first section, an overview, is left out: it links to pages that do not exist.
    """
    from great_expectations.core import ExpectationSuiteValidationResult, RunIdentifier
    from great_expectations.render.renderer.page_renderer import ValidationResultsPageRenderer

    passed = sum(bool(result.success) for result in results)
    statistics: dict[str, Any] = {"evaluated_expectations": len(results), "successful_expectations": passed}
    statistics |= {"unsuccessful_expectations": len(results) - passed, "success_percent": None}
    validated = ExpectationSuiteValidationResult(
        results=[for_pages(result) for result in results],
        success=passed == len(results),
        suite_name=suite,
        statistics=statistics,
        meta={"run_id": RunIdentifier(run_name=suite)},
    )
    document = ValidationResultsPageRenderer().render(validated).to_json_dict()
    return view().env.from_string(SECTIONS).render(sections=document["sections"][1:])


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
def open_warehouse(warehouse: Warehouse) -> "Iterator[SQLDatasource]":
    """The warehouse as a data source of Great Expectations. Usage statistics are off."""
    gx = import_great_expectations()
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    context = gx.get_context(
        mode="ephemeral",
        project_config=DataContextConfig(
            store_backend_defaults=InMemoryStoreBackendDefaults(),
            data_docs_sites={},
            progress_bars=ProgressBarsConfig(globally=False),
            analytics_enabled=False,
        ),
    )
    # With each suite, Great Expectations writes its configuration as YAML into memory (0.1 s of a month, 2026-11).
    context._save_project_config = lambda: None
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
        kwargs={
            "connect_args": {
                "database": str(warehouse.path),
                "read_only": True,
                "config": {**warehouse.settings, "timezone": TIME_ZONE},
            },
            "pool_reset_on_return": None,
        },
    )
    try:
        yield datasource
    finally:
        # Two engines hold the file: one tests the connection, one evaluates. DuckDB opens it for writing once both are
        # disposed.
        datasource.get_engine().dispose()
        datasource.get_execution_engine().close()
