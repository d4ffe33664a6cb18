"""Imports that Luigi's first process does while another one works, so that the processes forked later have them."""

import gc
import os
from contextlib import suppress

import luigi

from pipeline.luigi_internals import call_after_start
from pipeline.process import interrupted_later, no_garbage_collection
from pipeline.tasks.month import Transform
from pipeline.tasks.source import Download


def import_for_load(task: luigi.Task) -> None:
    """Imports DuckDB and what else Convert and Load need once a Download has a process.

    Otherwise each of their processes would: eight in a month of four sources, 0.1 CPU s each (2026-12).
    """
    if not isinstance(task, Download):
        return
    with suppress(Exception), interrupted_later(), no_garbage_collection():  # Convert says what is wrong
        from pipeline.ingest import convert  # noqa: F401
        from pipeline.warehouse import raw  # noqa: F401


def import_for_judge(task: luigi.Task) -> None:
    """Imports Great Expectations once Transform has a process: the one of Judge is forked from this one, and needs it.

    Otherwise Judge would begin with 2 s on a single core, and this process would do nothing for 13 s (a month of 5.6
    million trips, 2026-11).
    """
    if not isinstance(task, Transform):
        return
    with suppress(Exception), interrupted_later(), no_garbage_collection():  # Judge says what is wrong
        from pipeline.quality.gx import import_great_expectations

        import_great_expectations()


call_after_start(import_for_load)
call_after_start(import_for_judge)
# Collections of garbage in a forked process would look at all that it has from this one: 1 s in a month (2026-11).
os.register_at_fork(after_in_child=gc.freeze)
