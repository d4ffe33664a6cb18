"""Acceptance: which failures a person may accept, and for which the month is then published."""

from datetime import date

import pytest

from pipeline.errors import BadInput
from pipeline.quality import Acceptance, Finding, Verdict, accept, override_reason


def found(sentence: str, outcome: str = "fail", severity: str = "critical") -> Finding:
    return Finding("fct_trips", "", "expect_column_to_exist", "", "it exists", severity, outcome, "0", sentence)


def verdict(*findings: Finding) -> Verdict:
    return Verdict.of(date(2024, 1, 1), findings)


ACCEPTED = Acceptance("TLC is informed", "me", ("a", "b"))


def test_an_acceptance_holds_the_failures_of_now_and_survives_its_record() -> None:
    slow = found("slow", severity="warning")
    accepted = accept(verdict(found("a"), found("b"), slow), "2024-01", "TLC is informed", "me")
    assert accepted == ACCEPTED
    assert Acceptance.from_record({**accepted.record(), "made_at": "today"}) == accepted


def test_a_month_is_published_with_the_accepted_failures_or_with_fewer_of_them() -> None:
    slow = found("slow", severity="warning")
    assert override_reason(verdict(found("a"), found("b"), slow), ACCEPTED) == "TLC is informed"
    assert override_reason(verdict(found("b")), ACCEPTED) == "TLC is informed"


def test_a_month_that_is_not_rejected_needs_no_override() -> None:
    assert override_reason(verdict(found("a", "pass")), ACCEPTED) == ""


def test_a_month_with_other_failures_or_with_errors_is_not_published() -> None:
    assert override_reason(verdict(found("a")), None) == ""
    assert override_reason(verdict(found("a"), found("new")), ACCEPTED) == ""
    assert override_reason(verdict(found("a", "error")), ACCEPTED) == ""
    assert override_reason(verdict(found("a"), found("b", "error", "warning")), ACCEPTED) == ""


@pytest.mark.parametrize(
    ("judged", "reason", "complaint"),
    [
        (verdict(found("bad")), "  ", "2024-01: no reason"),
        (None, "I like it", "2024-01: is not rejected"),
        (verdict(found("slow", severity="warning")), "I like it", "2024-01: is not rejected"),
        (verdict(found("bad"), found("no such column", "error")), "I like it", "cannot be accepted: no such column"),
    ],
)
def test_what_cannot_be_accepted_is_refused(judged: Verdict | None, reason: str, complaint: str) -> None:
    with pytest.raises(BadInput, match=complaint):
        accept(judged, "2024-01", reason, "me")
