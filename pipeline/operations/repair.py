"""``verify --repair``: rebuilds what does not agree with its receipts."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import date

from pipeline.database import Warehouse
from pipeline.operations import run
from pipeline.operations.disagreements import Disagreement, invalidate
from pipeline.operations.shared import publish_shared
from pipeline.operations.upload import upload_waiting
from pipeline.operations.verify import disagreements
from pipeline.tasks import records


def repair(warehouse: Warehouse, is_deep: bool) -> int:
    """Prints the disagreements and rebuilds what they are about; returns the exit code of the run.

    The rejected months are run again, by which the publishers are asked for replaced files.
    """
    found, rejected = disagreements(warehouse, is_deep), records.months_rejected()
    if not (found or rejected):
        return 0
    texts = [*(one.text for one in found), *(f"{month:%Y-%m} is rejected" for month in rejected)]
    print("\n".join([*texts, "repairing ..."]), flush=True)
    return rebuild(warehouse, found, rejected)


def rebuild(warehouse: Warehouse, found: Sequence[Disagreement], rejected: Sequence[date] = ()) -> int:
    """Rebuilds what the disagreements are about, and the rejected months; returns the exit code of the run.

    A file that cannot be read is kept beside the new one, with the suffix ``.unreadable``.
    """
    for path in {one.unreadable for one in found if one.unreadable}:
        path.replace(path.with_name(f"{path.name}.unreadable"))
        with suppress(FileNotFoundError):
            path.with_name(f"{path.name}.wal").replace(path.with_name(f"{path.name}.unreadable.wal"))
    invalidate(found)
    steps = dict.fromkeys(step for one in found for step in one.steps)
    months = sorted({*rejected, *(month for one in found for month in one.months)})
    if steps or months:
        labels = ",".join(f"{month:%Y-%m}" for month in months)
        code = run.run(["RebuildMonths", "--steps", ",".join(steps), *(["--months", labels] if months else [])])
        if code:
            return code
    if any(one.is_shared for one in found):
        publish_shared(warehouse)
    upload_waiting()
    return 0
