"""Lets a rejected month pass, on record: who said so, when, why, and of which findings."""

import getpass
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from pipeline import quality
from pipeline.database import Settings
from pipeline.errors import BadInput
from pipeline.tasks.receipts import Receipt, place
from pipeline.tasks.records import record_of
from pipeline.warehouse import raw


def accept(database: Path, month: date, reason: str, duck: Settings) -> str:
    """Accepts what rejects the month now, and nothing that may be found later; returns that in words.

    Raises BadInput where the month is not rejected, and where something could not be judged: nobody knows what would be
    accepted.
    """
    if not reason.strip():
        raise BadInput(f'month {month:%Y-%m}: no reason; ./run.sh accept {month:%Y-%m} --reason "why it may pass"')
    judged = record_of("quality", month, ".findings.json")
    if not judged or not judged["rejected"]:
        raise BadInput(f"month {month:%Y-%m}: is not rejected; ./run.sh status shows which are")
    found = rejecting(judged)
    if errors := [finding.sentence for finding in found if finding.outcome == "error"]:
        raise BadInput(f"month {month:%Y-%m}: what could not be judged cannot be accepted: {errors[0]}")
    sentences = [finding.sentence for finding in found]
    raw.accept_findings(database, month, sentences, reason, duck)
    Receipt(place("quality", month, ".accepted.json")).write(reason=reason, by=getpass.getuser(), sentences=sentences)
    return f"{month:%Y-%m}: accepted, {len(sentences)} findings; run the month again to publish it"


def reason_for(month: date, judged: Mapping[str, Any]) -> str:
    """Why the judged month may pass although it is rejected; empty where nobody accepted just these findings."""
    accepted = record_of("quality", month, ".accepted.json")
    found = {finding.sentence for finding in rejecting(judged) if finding.outcome == "fail"}
    if accepted and found == {finding.sentence for finding in rejecting(judged)} <= set(accepted["sentences"]):
        return str(accepted["reason"])
    return ""


def rejecting(judged: Mapping[str, Any]) -> list[quality.Finding]:
    return quality.rejecting(quality.Finding(**finding) for finding in judged["findings"])
