"""Acceptance: a person publishes a rejected month by override, for exactly the failures that the month has now."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from pipeline.errors import BadInput
from pipeline.paths import program
from pipeline.quality.findings import Verdict


@dataclass(frozen=True)
class Acceptance:
    """Which failures of a month are accepted, by their sentences, with the reason and who gave it."""

    reason: str
    by: str
    sentences: tuple[str, ...]

    @classmethod
    def from_record(cls, record: Mapping[str, Any] | None) -> "Acceptance | None":
        """The acceptance that ``record()`` returned, without further keys; None for None."""
        return cls(record["reason"], record["by"], tuple(record["sentences"])) if record else None

    def record(self) -> dict[str, Any]:
        """The acceptance as JSON holds it."""
        return asdict(self)

    def covers(self, verdict: Verdict) -> bool:
        """Whether every finding that rejects the month is a failure accepted here. Errors are never accepted."""
        return all(finding.outcome == "fail" and finding.sentence in self.sentences for finding in verdict.rejecting)


def accept(verdict: Verdict | None, month: str, reason: str, by: str) -> Acceptance:
    """Accepts the failures that reject the month now. A failure found later is not accepted.

    ``verdict`` is None for a month that was never validated. Raises BadInput where no reason is given, where the month
    is not rejected, and where an expectation could not be evaluated: what would be accepted is unknown.
    """
    if not reason.strip():
        raise BadInput(f'month {month}: no reason; {program()} accept {month} --reason "why it is published"')
    if not verdict or not verdict.rejected:
        raise BadInput(f"month {month}: is not rejected; {program()} status lists rejected months")
    if errors := [finding.sentence for finding in verdict.rejecting if finding.outcome == "error"]:
        raise BadInput(f"month {month}: an expectation that could not be evaluated cannot be accepted: {errors[0]}")
    return Acceptance(reason, by, tuple(finding.sentence for finding in verdict.rejecting))


def override_reason(verdict: Verdict, acceptance: Acceptance | None) -> str:
    """The reason by which a rejected month is published; empty if it is not rejected, or not accepted as it is now."""
    return acceptance.reason if verdict.rejected and acceptance and acceptance.covers(verdict) else ""
