"""Acceptance: an operator's decision to publish a rejected month, for exactly the findings that rejected it."""

from collections.abc import Mapping
from typing import Any

from pipeline.quality.findings import Finding, rejecting


def accepted_because(verdict: Mapping[str, Any], acceptance: Mapping[str, Any] | None) -> str:
    """The reason given for publishing the month of ``verdict`` although it is rejected.

    Empty where there is no acceptance, where it does not cover a finding, and where something could not be evaluated.
    """
    found = rejecting_findings(verdict)
    failed = {finding.sentence for finding in found if finding.outcome == "fail"}
    if acceptance and failed == {finding.sentence for finding in found} <= set(acceptance["sentences"]):
        return str(acceptance["reason"])
    return ""


def rejecting_findings(verdict: Mapping[str, Any]) -> list[Finding]:
    """The findings that reject the month."""
    return rejecting(Finding(**finding) for finding in verdict["findings"])
