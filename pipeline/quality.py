"""Month -> findings, by Great Expectations, in SQL inside DuckDB: pass, fail and error are three different things."""

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from pipeline.duck import Settings, busy_error
from pipeline.errors import BadInput

if TYPE_CHECKING:
    from great_expectations.core import ExpectationValidationResult
    from great_expectations.datasource.fluent.sql_datasource import SQLDatasource
    from great_expectations.expectations.expectation import Expectation

SEVERITIES = ("critical", "warning")
OUTCOMES = ("error", "fail", "pass")
SUITE_KEYS = ("model", "month_column", "expectations")


@dataclass(frozen=True)
class Finding:
    """What one expectation found in one month: texts only, so that it is JSON whatever was observed."""

    suite: str
    expectation: str
    column: str
    description: str
    severity: str
    outcome: str
    observed: str
    sentence: str

    @property
    def rejects(self) -> bool:
        """A critical failure; or whatever could not be judged, for nobody knows what it would have found."""
        return self.outcome == "error" or (self.outcome, self.severity) == ("fail", "critical")


@dataclass(frozen=True)
class Suite:
    """What is expected of one model in each month, as config/expectations/<model>.yaml says."""

    name: str
    model: str
    month_column: str
    expectations: tuple["Expectation", ...]


def judge(
    warehouse: Path, months: Sequence[date], suites: Path, duck: Settings | None = None
) -> dict[date, list[Finding]]:
    """The findings of every suite in the folder ``suites`` for each month, those that reject it first.

    The warehouse is opened read-only, and closed when this returns; where it cannot be read, all is error. Raises
    BadInput for a suite that makes no sense, before anything is judged, and WarehouseBusy where another process holds
    the warehouse: that says nothing of the month.
    """
    from great_expectations.datasource.fluent.interfaces import TestConnectionError

    declared = [read_suite(path) for path in sorted(suites.glob("*.yaml"))]
    if not declared:
        raise BadInput(f"{suites}: no suite there; one is written <model>.yaml, with {', '.join(SUITE_KEYS)}")
    try:
        with opened(warehouse, duck or {}) as datasource:
            return {month: by_gravity(judge_month(datasource, declared, month)) for month in months}
    except TestConnectionError as problem:
        if busy := busy_error(str(problem), warehouse):
            raise busy from problem
        return {month: by_gravity(unjudged(declared, month, str(problem))) for month in months}


def verdict(month: date, findings: Iterable[Finding]) -> dict[str, Any]:
    """What JSON can hold of a judged month: ``month``, ``rejected``, ``why`` in words, and all ``findings``."""
    findings = list(findings)
    why = "; ".join(finding.sentence for finding in findings if finding.rejects)
    facts = [asdict(finding) for finding in findings]
    return {"month": f"{month:%Y-%m}", "rejected": bool(why), "why": why, "findings": facts}


def by_gravity(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(
        findings,
        key=lambda finding: (not finding.rejects, OUTCOMES.index(finding.outcome), SEVERITIES.index(finding.severity)),
    )


# Suites


def read_suite(path: Path) -> Suite:
    """A suite, its expectations built by Great Expectations.

    Raises BadInput, naming the file and what is allowed.
    """
    try:
        facts = yaml.safe_load(path.read_text())
    except yaml.YAMLError as problem:
        raise BadInput(f"{path}: no YAML: {' '.join(str(problem).split())}") from problem
    if not isinstance(facts, dict) or set(facts) != set(SUITE_KEYS) or not isinstance(facts["expectations"], list):
        raise BadInput(f"{path}: a suite has exactly the keys {', '.join(SUITE_KEYS)}, the last one a list")
    expectations = tuple(build_expectation(path, fact) for fact in facts["expectations"])
    return Suite(path.stem, facts["model"], facts["month_column"], expectations)


def build_expectation(path: Path, fact: Any) -> "Expectation":
    from great_expectations.compatibility.pydantic import ValidationError
    from great_expectations.expectations.registry import get_expectation_impl

    name = known_expectation(path, fact)
    if fact.get("severity") not in SEVERITIES:
        raise BadInput(f"{path}: {name}: severity {fact.get('severity')!r}; allowed are {', '.join(SEVERITIES)}")
    if not fact.get("description"):
        raise BadInput(f"{path}: {name}: no description; it says in words what is expected")
    try:
        return get_expectation_impl(name)(**{key: value for key, value in fact.items() if key != "expectation"})
    except ValidationError as problem:
        complaints = "; ".join(f"{'.'.join(map(str, error['loc']))}: {error['msg']}" for error in problem.errors())
        raise BadInput(f"{path}: {name}: {complaints}") from problem


def known_expectation(path: Path, fact: Any) -> str:
    import great_expectations.expectations  # noqa: F401  (registers the expectations)
    from great_expectations.expectations.registry import list_registered_expectation_implementations

    known = list_registered_expectation_implementations()
    name = str(fact.get("expectation")) if isinstance(fact, dict) else str(fact)
    if name in known and isinstance(fact, dict):
        return name
    near = ", ".join(difflib.get_close_matches(name, known)) or "listed at https://greatexpectations.io/expectations"
    raise BadInput(f"{path}: expectation {name!r}: no such in Great Expectations; near it are {near}")


# Judging


@contextmanager
def opened(warehouse: Path, duck: Settings) -> Iterator["SQLDatasource"]:
    """The warehouse as Great Expectations sees it, in a context that lives in memory and tells nobody."""
    import great_expectations as gx
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    config = DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(),
        progress_bars=ProgressBarsConfig(globally=False),
        analytics_enabled=False,
    )
    datasource = gx.get_context(mode="ephemeral", project_config=config).data_sources.add_sql(
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
        yield datasource
    finally:
        # Two engines hold the file: one tests the connection, one judges. DuckDB opens for writing when both are gone.
        datasource.get_engine().dispose()
        datasource.get_execution_engine().close()


def judge_month(datasource: "SQLDatasource", suites: Iterable[Suite], month: date) -> Iterator[Finding]:
    for suite in suites:
        query = f"select * from {suite.model} where {suite.month_column} = date '{month}'"
        asset = datasource.add_query_asset(f"{suite.name} {month:%Y-%m}", query)
        batch = asset.add_batch_definition_whole_table("month").get_batch()
        for expectation in suite.expectations:
            # COMPLETE brings up to 200 rows of a query as examples, but all the values of a column that are wrong.
            is_query = expectation.expectation_type == "unexpected_rows_expectation"
            result = batch.validate(expectation, result_format="COMPLETE" if is_query else "SUMMARY")
            yield finding_of(suite, month, expectation, result)


def finding_of(suite: Suite, month: date, expectation: "Expectation", result: "ExpectationValidationResult") -> Finding:
    if problem := what_was_raised(result.exception_info or {}):
        return finding(suite, month, expectation, "error", problem)
    observed = observed_words(result.result)
    return finding(suite, month, expectation, "pass" if result.success else "fail", observed)


def unjudged(suites: Iterable[Suite], month: date, problem: str) -> Iterator[Finding]:
    return (
        finding(suite, month, expectation, "error", problem) for suite in suites for expectation in suite.expectations
    )


def finding(suite: Suite, month: date, expectation: "Expectation", outcome: str, observed: str) -> Finding:
    says = {
        "error": f"could not be judged on «{expectation.description}»: {observed}",
        "fail": f"breaks «{expectation.description}»: {observed}; allowed: {allowed_words(expectation)}",
        "pass": f"holds «{expectation.description}»: {observed}",
    }
    return Finding(
        suite=suite.name,
        expectation=expectation.expectation_type,
        column=getattr(expectation, "column", ""),
        description=str(expectation.description),
        severity=str(expectation.severity.value),
        outcome=outcome,
        observed=observed,
        sentence=f"{suite.model}: {month:%Y-%m} {says[outcome]}",
    )


def what_was_raised(info: Mapping[str, Any]) -> str:
    """The first exception's first line; empty where there was none. ``info`` is one report, or one for each metric."""
    reports = [info] if "raised_exception" in info else info.values()
    messages = (report["exception_message"] or "no message" for report in reports if report["raised_exception"])
    return next(messages, "").strip().split("\n")[0]


# Words


def observed_words(result: Mapping[str, Any]) -> str:
    """What was seen, as ``72,000 of 3,600,000 rows (2 %) against it, such as 61, 62``."""
    if "element_count" in result:
        judged, wrong = result["element_count"] - result.get("missing_count", 0), result["unexpected_count"] or 0
        share = f" ({percent(wrong / judged)})" if wrong else ""
        return f"{wrong:,} of {judged:,} rows{share} against it{such_as(result['partial_unexpected_list'])}"
    if "unexpected_rows" in result.get("details", {}):
        examples = [" ".join(map(words, row.values())) for row in result["details"]["unexpected_rows"]]
        return f"{result['observed_value']:,} against it{such_as(examples)}"
    if "partial_unexpected_list" in result:
        return f"{result['unexpected_count']:,} values against it{such_as(result['partial_unexpected_list'])}"
    return words(result.get("observed_value"))


def such_as(examples: Iterable[Any]) -> str:
    different = list(dict.fromkeys(words(example) for example in examples if example is not None))[:3]
    return f", such as {', '.join(different)}" if different else ""


def words(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(map(words, value))
    if isinstance(value, (float, int, Decimal)) and not isinstance(value, bool):
        return f"{float(value):,.10g}"
    return f"{value:%Y-%m-%d %H:%M}" if isinstance(value, datetime) else "nothing" if value is None else str(value)


def percent(share: float) -> str:
    return f"{100 * share:.3g} %"


def allowed_words(expectation: "Expectation") -> str:
    """What would have passed, as ``at most 1 % of rows``."""
    asked = expectation.configuration.kwargs
    bounds = [
        f"{word} {words(asked[key])}"
        for key, word in (("min_value", "at least"), ("max_value", "at most"))
        if asked.get(key) is not None
    ]
    if hasattr(expectation, "mostly"):
        return f"at most {percent(1 - asked['mostly'])} of rows" if asked.get("mostly", 1) < 1 else "none"
    return " and ".join(bounds) or "none"
