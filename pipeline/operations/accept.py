"""Lets a rejected month pass, on record: who said so, when, why, and of which findings."""

import getpass
from datetime import date
from pathlib import Path

from pipeline.database import Settings
from pipeline.errors import BadInput
from pipeline.paths import path_for
from pipeline.quality.acceptance import rejecting_findings
from pipeline.tasks.receipts import Receipt
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
    found = rejecting_findings(judged)
    if errors := [finding.sentence for finding in found if finding.outcome == "error"]:
        raise BadInput(f"month {month:%Y-%m}: what could not be judged cannot be accepted: {errors[0]}")
    sentences = [finding.sentence for finding in found]
    raw.accept_findings(database, month, sentences, reason, duck)
    Receipt(path_for("quality", month, ".accepted.json")).write(
        reason=reason, by=getpass.getuser(), sentences=sentences
    )
    return f"{month:%Y-%m}: accepted, {len(sentences)} findings; run the month again to publish it"
