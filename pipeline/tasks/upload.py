"""The task that uploads a month; it follows RunMonth, which does not know of it. Commands run it in its place.

Where an upload fails, the month is complete all the same, and so are those that RunMonth runs again beside it.
"""

import luigi

from pipeline import publication
from pipeline.luigi_internals import run_through
from pipeline.months import add_months
from pipeline.progress import counter
from pipeline.tasks import uploads
from pipeline.tasks.month import RunMonth
from pipeline.tasks.parameters import MonthTask, RangeMonthly
from pipeline.tasks.receipts import Receipt
from pipeline.tasks.scheduler import exit_on_error


class Upload(MonthTask):
    """One month, end to end, in object storage (``MOBILITY_PUBLISH_URL``) as well.

    It has the resource ``warehouse``, because the pages and files that all months share are replaced by those who have.
    """

    doing = "uploading"

    def requires(self) -> RunMonth:
        exit_on_error(publication.check_packages, exit_on_error(uploads.required_address))
        return self.clone(RunMonth)

    def output(self) -> Receipt:
        return uploads.receipt_of(f"{self.month:%Y-%m}", uploads.objects_of_month(self.month))

    def complete(self) -> bool:
        """Whether the month is complete, and lies there as it is here: what is outdated here may lie there as well."""
        return self.clone(RunMonth).complete() and super().complete()

    def run(self) -> None:
        with self.progress("objects"):
            uploads.upload_month(self.month, counter(len(uploads.objects_of_month(self.month))))
        for distance in (-1, 1):  # RunMonth may have run again beside the month
            if uploads.is_month_waiting(neighbour := add_months(self.month, distance), {}):
                uploads.upload_month(neighbour)


def with_upload(task: luigi.Task) -> luigi.Task:
    """The task with Upload in the place of RunMonth, where an address of object storage is set."""
    if isinstance(task, RunMonth) and exit_on_error(publication.address):
        return task.clone(Upload)
    if isinstance(task, RangeMonthly) and task.of_cls is RunMonth and exit_on_error(publication.address):
        return task.clone(of=Upload)
    return task


run_through(with_upload)
