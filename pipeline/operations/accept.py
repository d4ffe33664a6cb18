"""The verb accept: publishes a rejected month by override, and records who accepted which findings, when and why."""

import getpass
import os
from datetime import date

from pipeline import quality
from pipeline.database import Warehouse
from pipeline.paths import path_for
from pipeline.tasks.receipts import Receipt
from pipeline.tasks.records import record_of
from pipeline.warehouse import raw


def accept(warehouse: Warehouse, month: date, reason: str) -> str:
    """Accepts the failures that reject the month now; returns a sentence for the person who accepts them.

    Raises BadInput where the month is not rejected, and where an expectation could not be evaluated.
    """
    record = record_of("quality", month, ".findings.json")
    verdict = quality.Verdict.from_record(record) if record else None
    accepted = quality.accept(verdict, f"{month:%Y-%m}", reason, user())
    raw.accept_findings(warehouse, month, accepted.sentences, reason)
    Receipt(path_for("quality", month, ".accepted.json")).write(**accepted.record())
    return f"{month:%Y-%m}: accepted {len(accepted.sentences)} findings; run the month again to publish it"


def user() -> str:
    """The name of the user, or the number of one without a name, such as in a container."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"
