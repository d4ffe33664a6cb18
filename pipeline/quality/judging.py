"""Evaluates suites for the months of a warehouse: one start of Great Expectations, its SQL runs inside DuckDB."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from pipeline.database import Warehouse
from pipeline.errors import BadFile
from pipeline.progress import counter
from pipeline.quality import datadocs
from pipeline.quality.baseline import Baseline, baseline_of, read_profiles
from pipeline.quality.expectations import QUERY, build, fill_in, index_of
from pipeline.quality.findings import Finding, Verdict, error, exceptions, finding_of, skipped
from pipeline.quality.gx import computed_in_less_time, import_great_expectations, values_counted_alone
from pipeline.quality.suite_files import read_suites
from pipeline.quality.suites import DeclaredExpectation, Subject, Suite

if TYPE_CHECKING:
    from great_expectations.core import ExpectationValidationResult
    from great_expectations.datasource.fluent.interfaces import Batch
    from great_expectations.datasource.fluent.sql_datasource import SQLDatasource
    from great_expectations.expectations.expectation import Expectation

FEW_ROWS = 100_000
"""So many rows are copied for the queries of a suite: to plan each with views and their files takes longer."""

Outcome = tuple[DeclaredExpectation, "ExpectationValidationResult | str"]
"""An expectation with Great Expectations' result, or with the reason for which it was skipped."""


@dataclass
class Session:
    """The open warehouse, the suites, and the outcomes that are the same for every month."""

    datasource: "SQLDatasource"
    suites: Mapping[str, Suite]
    docs: "datadocs.DataDocs | None"
    count: Callable[[], None]
    """Called after each suite of each month."""
    month_independent: dict[str, list[Outcome]] = field(default_factory=dict)


def judge(
    warehouse: Warehouse,
    months: Sequence[date],
    suites_folder: Path,
    excluded: Iterable[date] = (),
    docs: Path | None = None,
    generated: Mapping[date, Sequence[str]] | None = None,
) -> dict[date, Verdict]:
    """The verdict on each month, by every suite in ``suites_folder``.

    What is usual comes from the months before, without those ``excluded`` and without months rejected in this call.
    ``docs`` is the folder of Data Docs; none are built without it. They have a note on months with ``generated``
    sources. The warehouse is opened read-only and closed on return; where it cannot be read, every expectation is an
    error. Raises BadInput for an invalid suite, before any month is evaluated, WarehouseBusy where another process
    holds the warehouse, and NoSpace where the disk is full.
    """
    suites = read_suites(suites_folder)
    try:
        with warehouse.connect(read_only=True) as con:
            profiles = read_profiles(con)
    except (BadFile, duckdb.Error) as problem:
        reason = str(problem).splitlines()[0]
        return {month: Verdict.of(month, all_errors(suites, month, reason)) for month in months}
    verdicts: dict[date, Verdict] = {}
    rejected = set(excluded) - set(months)
    pages = datadocs.DataDocs(docs, generated or {}) if docs else None
    with datadocs.open_warehouse(warehouse) as datasource, pages.replaced(months) if pages else nullcontext():
        session = Session(datasource, suites, pages, counter(len(months) * len(suites)))
        for month in sorted(months):
            verdicts[month] = Verdict.of(month, findings_of(session, baseline_of(month, profiles, rejected)))
            if verdicts[month].rejected:
                rejected.add(month)
    return verdicts


def all_errors(suites: Mapping[str, Suite], month: date, reason: str) -> Iterator[Finding]:
    for name, suite in suites.items():
        for source in suite.sources or ("",):
            subject = Subject(name, suite.model, month, source)
            yield from (error(subject, expectation, reason) for expectation in suite.of(source))


def findings_of(session: Session, baseline: Baseline) -> Iterator[Finding]:
    for name, suite in session.suites.items():
        for source in sources_in_month(suite, baseline):
            subject = Subject(name, suite.model, baseline.month, source)
            for expectation, result in outcomes_of(session, suite, subject, baseline):
                if isinstance(result, str):
                    yield skipped(subject, expectation, result)
                else:
                    yield finding_of(subject, expectation, result)
        session.count()


def sources_in_month(suite: Suite, baseline: Baseline) -> list[str]:
    """The suite's sources that the month has; a source that is missing has nothing to evaluate."""
    return [source for source in suite.sources if source in baseline.months] if suite.sources else [""]


def outcomes_of(session: Session, suite: Suite, subject: Subject, baseline: Baseline) -> list[Outcome]:
    """The outcomes of one suite. A suite without a month is evaluated once for all months."""
    if subject.suite in session.month_independent:
        return session.month_independent[subject.suite]
    expectations = suite.of(subject.source)
    missing = [baseline.missing(subject.source, each.parameters, each.mentions("{history}")) for each in expectations]
    ready = [expectation for expectation, reason in zip(expectations, missing, strict=True) if not reason]
    outcomes: list[Outcome] = list(zip(ready, evaluate(session, suite, subject, baseline, ready), strict=True))
    outcomes += [(expectation, reason) for expectation, reason in zip(expectations, missing, strict=True) if reason]
    if not suite.is_monthly:
        session.month_independent[subject.suite] = outcomes
    return outcomes


def evaluate(
    session: Session,
    suite: Suite,
    subject: Subject,
    baseline: Baseline,
    declared: Sequence[DeclaredExpectation],
) -> "list[ExpectationValidationResult]":
    """Great Expectations' result of each expectation, in their order.

    Great Expectations computes several metrics with one query. A metric that fails may fail others of the same query,
    so expectations that raised an exception are evaluated again, one by one. Those that find unexpected values are
    evaluated again to fetch some of them.
    """
    gx = import_great_expectations()
    from great_expectations.core.result_format import ResultFormat

    batch = batch_of(session, suite, subject, baseline)
    expectations = [build(each, subject, baseline.months, index) for index, each in enumerate(declared)]
    parameters = dict(baseline.parameters[subject.source])
    results: dict[int, ExpectationValidationResult] = {}

    def validate(several: "Sequence[Expectation]", detail: ResultFormat) -> None:
        if not several:
            return
        together = gx.ExpectationSuite(name=subject.suite, expectations=list(several))
        for result in batch.validate(together, result_format=detail, expectation_parameters=parameters).results:
            if several[1:] and exceptions(result.exception_info):
                validate([expectations[index_of(result)]], detail)
            else:
                results[index_of(result)] = result

    queries = [each for each in expectations if each.expectation_type == QUERY]
    others = {index: each for index, each in enumerate(expectations) if each.expectation_type != QUERY}
    with computed_in_less_time():
        # COMPLETE returns up to 200 rows of a query as examples, but every violating value of a column.
        validate(queries, ResultFormat.COMPLETE)
        with values_counted_alone():
            validate([*others.values()], ResultFormat.SUMMARY)
        with_values = [each for index, each in others.items() if results[index].result.get("unexpected_count")]
        validate(with_values, ResultFormat.SUMMARY)
    ordered = [results[index] for index in range(len(declared))]
    if session.docs:
        session.docs.add(subject, ordered)
    return ordered


def batch_of(session: Session, suite: Suite, subject: Subject, baseline: Baseline) -> "Batch":
    """The rows that a suite validates, as a query."""
    rows = f"select * from {suite.model}" + (f" where {suite.where}" if suite.where else "")
    name = " ".join(filter(None, (subject.suite, f"{subject.month:%Y-%m}", subject.source)))
    query = of_copy(session.datasource, fill_in(rows, subject, baseline.months))
    return session.datasource.add_query_asset(name, query).add_batch_definition_whole_table("month").get_batch()


def of_copy(datasource: "SQLDatasource", query: str) -> str:
    """A query of a copy of the query's rows, if they are few; else the query itself."""
    connection = datasource.get_execution_engine().engine.raw_connection()
    try:
        con = connection.cursor()
        con.execute(f"select count(*) from ({query})")
        if con.fetchone()[0] > FEW_ROWS:
            return query
        con.execute(f"create or replace temp table rows_of_suite as {query}")
    except duckdb.Error:  # each expectation will say why
        return query
    finally:
        connection.close()
    return "select * from rows_of_suite"
