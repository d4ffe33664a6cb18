"""A disk that becomes full at a step is one clear line, and an alert; with free space the next run goes on.

The long form, with other amounts of free space and from an empty folder, is test_disk_campaign.py.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Workspace
from tests.faults.contents import check
from tests.faults.filling import check_that_it_failed_on_the_disk, on_small_disk, run_filling
from tests.faults.killing import START, run
from tests.faults.undisturbed import RANGE

KEPT = {START: 0, "Download": 0, "Convert": 4, "Load": 4, "Transform": 64, "Judge": 256, "Publish": 64, "Measure": 16}
"""The KiB that are free when a task of this name starts: too little for what it writes."""


@pytest.mark.mount
def test_a_range_whose_disk_becomes_full_ends_in_a_clear_line_and_an_alert(
    undisturbed: Workspace, with_project_files: Callable[[Workspace], Workspace], tmp_path: Path
) -> None:
    with on_small_disk(tmp_path, undisturbed.upstream, **undisturbed.environment) as (workspace, webhook):
        with_project_files(workspace)
        for task in (START, "Load"):
            ended = run_filling(workspace, task, KEPT[task], RANGE)
            check_that_it_failed_on_the_disk(workspace, ended, webhook, f"{KEPT[task]} KiB are free at {task}")


@pytest.mark.long
@pytest.mark.mount
def test_a_range_whose_disk_becomes_full_again_and_again_ends_as_if_undisturbed(
    undisturbed: Workspace,
    expected: dict[str, object],
    with_project_files: Callable[[Workspace], Workspace],
    tmp_path: Path,
) -> None:
    with on_small_disk(tmp_path, undisturbed.upstream, **undisturbed.environment) as (workspace, webhook):
        with_project_files(workspace)
        for task, kept in KEPT.items():
            ended = run_filling(workspace, task, kept, RANGE)
            check_that_it_failed_on_the_disk(workspace, ended, webhook, f"{kept} KiB are free at {task}")
        run(workspace, RANGE)
        check(workspace, expected, "after the disk was full again and again")
