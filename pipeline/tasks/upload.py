"""The task that uploads a month; it follows RunMonth, which does not know of it.

Where an upload fails, the month is complete all the same, and so are those that RunMonth runs again beside it.
"""

from datetime import date

from pipeline import publication
from pipeline.progress import counter
from pipeline.tasks import uploads
from pipeline.tasks.base import Task
from pipeline.tasks.month import RunMonth
from pipeline.tasks.parameters import MonthTask
from pipeline.tasks.receipts import Receipt
from pipeline.tasks.scheduler import exit_on_error


class Upload(MonthTask):
    """One month, end to end, in object storage (``MOBILITY_PUBLISH_URL``) as well.

    It has the resource ``warehouse``, because the pages and files that all months share are replaced by those who have.
    """

    doing = "uploading"

    def requires(self) -> RunMonth:
        exit_on_error(uploads.required_address)
        return self.clone(RunMonth)

    def output(self) -> Receipt:
        return uploads.receipt_of(f"{self.month:%Y-%m}", uploads.objects_of_month(self.month))

    def complete(self) -> bool:
        """Whether the month is complete, and lies there as it is here: what is outdated here may lie there as well."""
        return self.requires().complete() and super().complete()

    def run(self) -> None:
        with self.progress("objects"):
            uploads.upload_month(self.month, counter(len(uploads.objects_of_month(self.month))))


def whole_month(month: date, source_names: tuple[str, ...]) -> Task:
    """The task of a month from its publishers to object storage, or to its page where no address is set."""
    task = Upload if exit_on_error(publication.address) else RunMonth
    return task(month=month, sources=source_names)
