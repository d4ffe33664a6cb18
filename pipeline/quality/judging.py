"""Suites, held against the months of a warehouse: one start of Great Expectations, its SQL inside DuckDB."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from pipeline.database import Settings, connected
from pipeline.errors import BadInput
from pipeline.quality import datadocs
from pipeline.quality.findings import Finding, Subject, by_gravity, finding, finding_of, rejecting, what_was_raised
from pipeline.quality.baseline import History, history_of, profiles
from pipeline.quality.suites import (
    ROWS,
    Declared,
    Suite,
    build,
    filled,
    needs_history,
    parameters,
    place_of,
    read_suite,
)

if TYPE_CHECKING:
    from great_expectations.core import ExpectationValidationResult
    from great_expectations.datasource.fluent.sql_datasource import SQLDatasource
    from great_expectations.expectations.expectation import Expectation

Results = list[tuple[Declared, "ExpectationValidationResult | str"]]
"""Of each expectation what Great Expectations gave, or why it was held back."""


@dataclass
class Run:
    """One run's judgement: the open warehouse, the suites, and what is the same for every month."""

    datasource: "SQLDatasource"
    suites: Sequence[Suite]
    site: "datadocs.Site | None"
    timeless: dict[str, Results] = field(default_factory=dict)


def judge(
    warehouse: Path,
    months: Sequence[date],
    suites: Path,
    duck: Settings | None = None,
    set_aside: Iterable[date] = (),
    docs: Path | None = None,
) -> dict[date, list[Finding]]:
    """The findings of every suite in the folder ``suites`` for each month, those that reject it first.

    What is usual is taken from the months before, without those ``set_aside`` and those that are rejected on the way.
    Data Docs are built in ``docs``, if that is given. The warehouse is opened read-only, and closed when this returns;
    where it cannot be read, all is error. Raises BadInput for a suite that makes no sense, before anything is judged,
    and WarehouseBusy where another process holds the warehouse: that says nothing of the month.
    """
    declared = [read_suite(path) for path in sorted(suites.glob("*.yaml"))]
    if not declared:
        raise BadInput(f"{suites}: no suite there; one is written <model>.yaml, as README.md says")
    try:
        with connected(warehouse, duck or {}, read_only=True) as con:
            lines = profiles(con)
    except duckdb.Error as problem:
        reason = str(problem).splitlines()[0]
        return {month: by_gravity(unjudged(declared, month, reason)) for month in months}
    judged: dict[date, list[Finding]] = {}
    aside = set(set_aside) - set(months)
    with datadocs.opened(warehouse, duck or {}, docs) as (datasource, site):
        run = Run(datasource, declared, site)
        for month in sorted(months):
            if site:
                site.forget(month)
            judged[month] = by_gravity(judge_month(run, history_of(month, lines, aside)))
            if rejecting(judged[month]):
                aside.add(month)
        if site:
            site.build(months)
    return judged


def judge_month(run: Run, history: History) -> Iterator[Finding]:
    for suite in run.suites:
        for source in sources_of(suite, history):
            subject = Subject(suite.name, suite.model, history.month, source)
            for asked, result in judge_subject(run, suite, subject, history):
                if isinstance(result, str):
                    yield finding(subject, asked, "held back", result)
                else:
                    yield finding_of(subject, asked, result)


def sources_of(suite: Suite, history: History) -> list[str]:
    """Those that the month has of the suite's; nothing is expected of a source that it does without."""
    return [source for source in suite.sources if source in history.months] if suite.sources else [""]


def unjudged(suites: Iterable[Suite], month: date, reason: str) -> Iterator[Finding]:
    for suite in suites:
        for source in suite.sources or [""]:
            subject = Subject(suite.name, suite.model, month, source)
            yield from (finding(subject, asked, "error", reason) for asked in suite.of(source))


def judge_subject(run: Run, suite: Suite, subject: Subject, history: History) -> Results:
    """The results of one suite for a month, or, where it knows no months, those of the first month of the run."""
    if suite.name in run.timeless:
        return run.timeless[suite.name]
    asked = suite.of(subject.source)
    lacking = [history.lacks(subject.source, parameters(each), needs_history(each)) for each in asked]
    ready = [each for each, lack in zip(asked, lacking, strict=True) if not lack]
    results: Results = list(zip(ready, evaluate(run, suite, subject, history, ready), strict=True))
    results += [(each, lack) for each, lack in zip(asked, lacking, strict=True) if lack]
    if not suite.is_monthly:
        run.timeless[suite.name] = results
    return results


def evaluate(
    run: Run, suite: Suite, subject: Subject, history: History, asked: Sequence[Declared]
) -> "list[ExpectationValidationResult]":
    """What Great Expectations gives for each expectation, in one pass where it can.

    Great Expectations puts what can be asked together into one query. Where a part of that cannot be evaluated it may
    take others with it, so these are asked again, one by one.
    """
    import great_expectations as gx
    from great_expectations.core.result_format import ResultFormat

    rows = f"select * from {suite.model}" + (f" where {suite.where}" if suite.where else "")
    query = filled(rows, subject, history.months)
    name = " ".join(filter(None, (suite.name, f"{subject.month:%Y-%m}", subject.source)))
    batch = run.datasource.add_query_asset(name, query).add_batch_definition_whole_table("month").get_batch()
    expectations = [build(each, subject, history.months, place) for place, each in enumerate(asked)]
    known = dict(history.parameters[subject.source])
    results: dict[int, ExpectationValidationResult] = {}

    def validate(several: "Sequence[Expectation]", detail: ResultFormat) -> None:
        together = gx.ExpectationSuite(name=suite.name, expectations=list(several))
        for result in batch.validate(together, result_format=detail, expectation_parameters=known).results:
            if several[1:] and what_was_raised(result.exception_info):
                validate([expectations[place_of(result)]], detail)
            else:
                results[place_of(result)] = result

    queries = [each for each in expectations if each.expectation_type == ROWS]
    # COMPLETE brings up to 200 rows of a query as examples, but all the values of a column that are wrong.
    validate(queries, ResultFormat.COMPLETE)
    validate([each for each in expectations if each.expectation_type != ROWS], ResultFormat.SUMMARY)
    answered = [results[place] for place in range(len(asked))]
    if run.site:
        run.site.add(subject, batch, answered)
    return answered
