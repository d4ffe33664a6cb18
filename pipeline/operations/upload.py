"""Uploads what waits for it, at the end of a command: what earlier runs, or this one by another way, left to upload."""

from pipeline.errors import UploadFailed
from pipeline.history import alerts
from pipeline.months import months_text
from pipeline.publication import address
from pipeline.tasks import uploads
from pipeline.tasks.base import begin_run


def upload_waiting() -> None:
    """Uploads what waits, where an address is set. Where an upload of this run has failed, nothing is tried again.

    Raises UploadFailed, after an alert, with the month; and AlreadyRunning.
    """
    if not address() or uploads.failed_in_this_run() or not uploads.is_waiting():
        return
    begin_run()
    try:
        uploads.upload_waiting()
    except UploadFailed as error:
        text = uploads.last_failure()
        alerts.send([alerts.upload_failed(text)])
        raise UploadFailed(text) from error


def waiting_text() -> str:
    """What waits to be uploaded, and why the last upload failed; empty where nothing waits, or no address is set."""
    if not address():
        return ""
    months, forgotten = uploads.waiting_months(), uploads.forgotten_labels()
    parts = [f"{months_text(months)} to be uploaded" if months else "", ", ".join(forgotten)]
    parts[1] += " to be deleted" if forgotten else ""
    if not any(parts):
        return ""
    reason = uploads.last_failure()
    return f"waits at {address()}: {', '.join(filter(None, parts))}" + (f"; {reason}" if reason else "")
