"""Great Expectations' results as findings: one sentence each that a person can act on."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pipeline.database import disk_error
from pipeline.months import parse_month
from pipeline.quality.suites import DeclaredExpectation, Subject

if TYPE_CHECKING:
    from great_expectations.core import ExpectationValidationResult

SEVERITIES = ("critical", "warning")
OUTCOMES = ("error", "fail", "skipped", "pass")
MAX_EXAMPLES = 5
"""Different examples of violating rows in a sentence."""
MAX_REASONS = 5
"""Sentences in the reason for which a month is rejected. All findings are stored."""
NULL_CHECK = "expect_column_values_to_not_be_null"
ROW_COUNTS = "expect_table_row_count_"


@dataclass(frozen=True)
class Finding:
    """The outcome of one expectation for one month. Every field is text, so that any observed value fits into JSON."""

    suite: str
    source: str
    expectation: str
    column_name: str
    description: str
    severity: str
    outcome: str
    observed: str
    sentence: str

    @property
    def rejects(self) -> bool:
        """Whether the finding rejects its month: a critical failure, or an error of any severity."""
        return self.outcome == "error" or (self.outcome, self.severity) == ("fail", "critical")


@dataclass(frozen=True)
class Verdict:
    """All findings of one month, those that reject it first."""

    month: date
    findings: tuple[Finding, ...]

    @classmethod
    def of(cls, month: date, findings: Iterable[Finding]) -> "Verdict":
        return cls(month, tuple(sorted(findings, key=gravity)))

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> "Verdict":
        """The verdict that ``record()`` returned, without further keys."""
        return cls(parse_month(record["month"]), tuple(Finding(**finding) for finding in record["findings"]))

    @cached_property
    def rejecting(self) -> tuple[Finding, ...]:
        """The findings that reject the month."""
        return tuple(finding for finding in self.findings if finding.rejects)

    @property
    def rejected(self) -> bool:
        return bool(self.rejecting)

    @property
    def why(self) -> str:
        """The first sentences of the findings that reject the month; empty where none does."""
        sentences = [finding.sentence for finding in self.rejecting]
        more = len(sentences) - MAX_REASONS
        return "; ".join([*sentences[:MAX_REASONS], *([f"and {more} more"] if more > 0 else [])])

    def record(self) -> dict[str, Any]:
        """The verdict as JSON holds it: ``month`` (YYYY-MM), ``rejected``, ``why`` and ``findings``."""
        return {
            "month": f"{self.month:%Y-%m}",
            "rejected": self.rejected,
            "why": self.why,
            "findings": [asdict(finding) for finding in self.findings],
        }


def gravity(finding: Finding) -> tuple[bool, int, int]:
    """Sorts the worst finding first."""
    return not finding.rejects, OUTCOMES.index(finding.outcome), SEVERITIES.index(finding.severity)


# Creating findings


def error(subject: Subject, expectation: DeclaredExpectation, problem: str) -> Finding:
    sentence = f"ERROR could not evaluate whether {expectation.description}: {problem}"
    return new_finding(subject, expectation, "error", problem, sentence)


def skipped(subject: Subject, expectation: DeclaredExpectation, reason: str) -> Finding:
    return new_finding(subject, expectation, "skipped", reason, f"SKIPPED {expectation.description}: {reason}")


def finding_of(subject: Subject, expectation: DeclaredExpectation, result: "ExpectationValidationResult") -> Finding:
    """The finding for Great Expectations' result; an error where an exception was raised.

    Raises NoSpace where that is because the disk is full: it says nothing about the month.
    """
    if messages := exceptions(result.exception_info or {}):
        if full := disk_error("\n".join(messages)):
            raise full
        return error(subject, expectation, first_line(messages))
    observed = observed_text(result)
    if result.success:
        return new_finding(subject, expectation, "pass", observed, f"passed {expectation.description}: {observed}")
    limit = limit_text(result)
    sentence = f"FAILED {expectation.description}: {observed}{f' (limit {limit})' if limit else ''}"
    return new_finding(subject, expectation, "fail", observed, sentence)


def new_finding(
    subject: Subject, expectation: DeclaredExpectation, outcome: str, observed: str, sentence: str
) -> Finding:
    return Finding(
        suite=subject.suite,
        source=subject.source,
        expectation=expectation.expectation,
        column_name=expectation.column_name,
        description=expectation.description,
        severity=expectation.severity,
        outcome=outcome,
        observed=observed,
        sentence=f"{subject} {sentence}",
    )


def exceptions(info: Mapping[str, Any]) -> list[str]:
    """The messages of exceptions; ``info`` is one exception report, or a mapping of metrics to such reports."""
    reports = [info] if "raised_exception" in info else info.values()
    return [report["exception_message"] or "no message" for report in reports if report["raised_exception"]]


def first_line(messages: Sequence[str]) -> str:
    return messages[0].strip().split("\n")[0]


# Text


def observed_text(result: "ExpectationValidationResult") -> str:
    """What was observed, such as ``72,000 of 3,600,000 rows (2%) violate it, such as 61, 62``."""
    facts, expectation = result.result, type_of(result)
    if "element_count" in facts:
        return rows_text(facts, "null" if expectation == NULL_CHECK else "violating")
    if "unexpected_rows" in facts.get("details", {}):
        return query_text(facts["observed_value"], facts["details"]["unexpected_rows"])
    if "partial_unexpected_list" in facts:
        return values_text(facts)
    unit = " rows" if expectation.startswith(ROW_COUNTS) else ""
    return f"{value_text(facts.get('observed_value'))}{unit}"


def rows_text(facts: Mapping[str, Any], what: str) -> str:
    evaluated, wrong = facts["element_count"] - facts.get("missing_count", 0), facts["unexpected_count"] or 0
    share = f" ({percent(wrong / evaluated)})" if 0 < wrong < evaluated else ""
    singular, plural = {"null": ("is null", "are null"), "violating": ("violates it", "violate it")}[what]
    examples = such_as(facts["partial_unexpected_list"])
    return f"{wrong:,} of {evaluated:,} rows{share} {singular if wrong == 1 else plural}{examples}"


def query_text(count: int, rows: Sequence[Mapping[str, Any]]) -> str:
    """The rows that a query returned. A single row is often a sentence of its own, as ``12 °C, normally 24.5``."""
    examples = [" ".join(map(value_text, row.values())) for row in rows]
    if count == 1:
        return examples[0]
    return f"{count:,} rows violate it{such_as(examples)}" if count else "no row violates it"


def values_text(facts: Mapping[str, Any]) -> str:
    """The values of a column that are outside of a set, and those of the set that it lacks."""
    count, missing = facts["unexpected_count"], facts.get("partial_missing_list")
    violating = "1 value violates it" if count == 1 else f"{count or 'no'} values violate it"
    lacking = f"; missing are {', '.join(map(value_text, missing[:MAX_EXAMPLES]))}" if missing else ""
    return f"{violating}{such_as(facts['partial_unexpected_list'])}{lacking}"


def such_as(examples: Iterable[Any]) -> str:
    different = list(dict.fromkeys(example_text(example) for example in examples if example is not None))[:MAX_EXAMPLES]
    return f", such as {', '.join(different)}" if different else ""


def example_text(example: Any) -> str:
    """A value, or the values of several columns as ``a and b``."""
    several = example.values() if isinstance(example, Mapping) else example
    return (
        " and ".join(map(value_text, several)) if isinstance(example, Mapping | list | tuple) else value_text(example)
    )


def limit_text(result: "ExpectationValidationResult") -> str:
    """What would pass, such as ``1%`` of the rows or ``at least 2,000``; empty where no row may violate a query."""
    arguments = result.expectation_config.kwargs if result.expectation_config else {}
    if "element_count" in result.result:
        return percent(1 - arguments.get("mostly", 1))
    if "value" in arguments:
        return f"exactly {value_text(arguments['value'])}"
    least, most = (arguments.get(bound) for bound in ("min_value", "max_value"))
    if least is not None and most is not None:
        return f"{value_text(least)} to {value_text(most)}"
    if least is not None:
        return f"at least {value_text(least)}"
    return "" if most is None else f"at most {value_text(most)}"


def type_of(result: "ExpectationValidationResult") -> str:
    return str(result.expectation_config.type) if result.expectation_config else ""


def value_text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(value_text, value))
    if isinstance(value, Mapping):
        return ", ".join(map(value_text, value.values()))
    if isinstance(value, float | Decimal):
        number = float(value)
        return f"{number:,.4g}" if abs(number) < 1000 else f"{number:,.2f}".removesuffix(".00")
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return "no value" if value is None else str(value)


def percent(share: float) -> str:
    return f"{100 * share:.3g}%"
