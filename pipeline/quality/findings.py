"""What Great Expectations observed -> findings: sentences that a person can act on."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from great_expectations.core import ExpectationValidationResult

SEVERITIES = ("critical", "warning")
OUTCOMES = ("error", "fail", "held back", "pass")
EXAMPLES = 5
"""Rows shown of those against an expectation."""
SENTENCES = 5
"""Findings that say why a month is rejected; all of them are kept."""


@dataclass(frozen=True)
class Subject:
    """What one suite judges: the rows of a month, and of one source where the suite is judged source by source."""

    suite: str
    model: str
    month: date
    source: str = ""

    def __str__(self) -> str:
        return f"{self.model}: {self.month:%Y-%m}{f' {self.source}' if self.source else ''}"


@dataclass(frozen=True)
class Finding:
    """What one expectation found in one month: texts only, so that it is JSON whatever was observed."""

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
        """A critical failure; or whatever could not be judged, for nobody knows what it would have found."""
        return self.outcome == "error" or (self.outcome, self.severity) == ("fail", "critical")


def finding(subject: Subject, asked: Mapping[str, Any], outcome: str, observed: str, allowed: str = "") -> Finding:
    """``asked`` is the expectation as its suite declares it."""
    description = asked["description"]
    says = {
        "error": f"could not be judged on «{description}»: {observed}",
        "fail": f"breaks «{description}»: {observed}; allowed: {allowed}",
        "held back": f"is not judged on «{description}» yet: {observed}",
        "pass": f"holds «{description}»: {observed}",
    }
    return Finding(
        suite=subject.suite,
        source=subject.source,
        expectation=asked["expectation"],
        column_name=str(asked.get("column", "")),
        description=description,
        severity=asked["severity"],
        outcome=outcome,
        observed=observed,
        sentence=f"{subject} {says[outcome]}",
    )


def finding_of(subject: Subject, asked: Mapping[str, Any], result: "ExpectationValidationResult") -> Finding:
    if problem := what_was_raised(result.exception_info or {}):
        return finding(subject, asked, "error", problem)
    observed, allowed = observed_words(result.result), allowed_words(result)
    return finding(subject, asked, "pass" if result.success else "fail", observed, allowed)


def what_was_raised(info: Mapping[str, Any]) -> str:
    """The first exception's first line; empty where there was none. ``info`` is one report, or one for each metric."""
    reports = [info] if "raised_exception" in info else info.values()
    messages = (report["exception_message"] or "no message" for report in reports if report["raised_exception"])
    return next(messages, "").strip().split("\n")[0]


def rejecting(findings: Iterable[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.rejects]


def verdict(month: date, findings: Iterable[Finding]) -> dict[str, Any]:
    """What JSON can hold of a judged month: ``month``, ``rejected``, ``why`` in words, and all ``findings``."""
    findings = list(findings)
    found = [finding.sentence for finding in rejecting(findings)]
    more = [f"and {len(found) - SENTENCES} more"] if len(found) > SENTENCES else []
    facts = [asdict(finding) for finding in findings]
    why = "; ".join([*found[:SENTENCES], *more])
    return {"month": f"{month:%Y-%m}", "rejected": bool(found), "why": why, "findings": facts}


def by_gravity(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(
        findings,
        key=lambda finding: (not finding.rejects, OUTCOMES.index(finding.outcome), SEVERITIES.index(finding.severity)),
    )


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
    different = list(dict.fromkeys(words(example) for example in examples if example is not None))[:EXAMPLES]
    return f", such as {', '.join(different)}" if different else ""


def words(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(map(words, value))
    if isinstance(value, Mapping):
        return ", ".join(map(words, value.values()))
    if isinstance(value, (float, int, Decimal)) and not isinstance(value, bool):
        number = float(value)
        return f"{number:,.4g}" if abs(number) < 1000 else f"{number:,.10g}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return "nothing" if value is None else str(value)


def percent(share: float) -> str:
    return f"{100 * share:.3g} %"


def allowed_words(result: "ExpectationValidationResult") -> str:
    """What would have passed, as ``at most 1 % of rows``."""
    asked = result.expectation_config.kwargs if result.expectation_config else {}
    bounds = [
        f"{word} {words(asked[key])}"
        for key, word in (("min_value", "at least"), ("max_value", "at most"))
        if asked.get(key) is not None
    ]
    if "element_count" in result.result:
        return f"at most {percent(1 - asked['mostly'])} of rows" if asked.get("mostly", 1) < 1 else "none"
    return " and ".join(bounds) or "none"
