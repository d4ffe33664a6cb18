"""A data folder that is written by hand, in which every task of a month is complete."""

from collections.abc import Iterator
from typing import Any

import luigi
from luigi.task import flatten

from pipeline.tasks.source import Published


def finish(task: luigi.Task) -> None:
    """Writes what the task requires, then a file and a receipt for each of its outputs."""
    for one in required(task):
        finish(one)
    for receipt in flatten(task.output()):
        if not receipt.exists():
            file = receipt.path.with_suffix(".file")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("as written by the task")
            receipt.write([file], file=file.name, rows=1, findings=[], facts="facts", content="content")


def required(task: luigi.Task) -> list[Any]:
    """The tasks that the task requires, without those that only ask a publisher."""
    return [one for one in flatten(task.requires()) if not isinstance(one, Published)]


def with_requirements(task: luigi.Task) -> Iterator[luigi.Task]:
    """The task and all that it requires, directly or not."""
    yield task
    for one in required(task):
        yield from with_requirements(one)
