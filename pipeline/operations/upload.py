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
    """Lines about what waits, and why the last upload failed; empty where nothing waits, or no address is set."""
    if not address():
        return ""
    months, forgotten = uploads.waiting_months(), uploads.forgotten_labels()
    parts = [f"to be uploaded to {address()}: {months_text(months)}"] if months else []
    parts += [f"to be deleted at {address()}: {', '.join(forgotten)}"] if forgotten else []
    parts += [f"the last upload failed: {uploads.last_failure()}"] if parts and uploads.last_failure() else []
    return "\n".join(parts)
