"""Uploads what waits for it, at the end of a command: what earlier runs, or this one by another way, left to upload."""

from pipeline.errors import UploadFailed
from pipeline.history import alerts
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
