"""The verb accept: publishes a rejected month by override, and records who accepted which findings, when and why."""

import getpass
from datetime import date
from pathlib import Path

from pipeline import quality
from pipeline.database import Settings
from pipeline.paths import path_for
from pipeline.tasks.receipts import Receipt
from pipeline.tasks.records import record_of
from pipeline.warehouse import raw


def accept(database: Path, month: date, reason: str, settings: Settings) -> str:
    """Accepts the failures that reject the month now; returns a sentence for the person who accepts them.

    Raises BadInput where the month is not rejected, and where an expectation could not be evaluated.
    """
    record = record_of("quality", month, ".findings.json")
    verdict = quality.Verdict.from_record(record) if record else None
    accepted = quality.accept(verdict, f"{month:%Y-%m}", reason, getpass.getuser())
    raw.accept_findings(database, month, accepted.sentences, reason, settings)
    Receipt(path_for("quality", month, ".accepted.json")).write(**accepted.record())
    return f"{month:%Y-%m}: accepted {len(accepted.sentences)} findings; run the month again to publish it"
