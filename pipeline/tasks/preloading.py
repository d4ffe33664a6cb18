"""Imports that Luigi's first process does while another one builds the tables, so that later processes have them."""

import gc
import os
from contextlib import suppress

import luigi

from pipeline.luigi_internals import call_after_start
from pipeline.process import interrupted_later, no_garbage_collection
from pipeline.tasks.month import Transform


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


call_after_start(import_for_judge)
# Collections of garbage in a forked process would look at all that it has from this one: 1 s in a month (2026-11).
os.register_at_fork(after_in_child=gc.freeze)
