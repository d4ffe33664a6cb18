"""The long form of test_disk.py: a month on disks of 19 sizes, and its steps with several amounts of free space.

``./run.sh test --faults`` runs it. The data folder is empty at first, so that dbt's and MetricFlow's files are written
as well.
"""

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.sample.generate import generate
from pipeline.sample.server import Upstream, serve
from tests.conftest import create_once
from tests.faults.contents import check, state, verified
from tests.faults.filling import check_that_it_failed_on_the_disk, fill, on_small_disk, run_filling
from tests.faults.killing import run, run_of
from tests.faults.undisturbed import MONTHS

SIZES = 19
STEPS = (
    *("Describe", "Download", "Convert", "Load", "Transform", "Judge"),
    *("Validate", "Publish", "Measure", "Explore", "Report", "RunMonth"),
)
KEPT = (0, 4, 32, 256, 2048)
"""KiB that are free when a step starts."""
MONTH = run_of("2024-01")
SOURCES = {"MOBILITY_SOURCES": "citibike_jc"}


@pytest.fixture(scope="module")
def upstream(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Upstream]:
    def make(root: Path) -> None:
        sources = ["citibike_jc", "weather", "taxi_zones", "taxi_zone_polygons"]
        generate(root, MONTHS[:1], sources=sources, rows={"citibike_jc": 800})

    with serve(create_once(tmp_path_factory, "disk-upstream", make)) as upstream:
        yield upstream


@pytest.fixture(scope="module")
def undisturbed(upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, object], int]:
    """What the data folder holds after an undisturbed run, and the KiB that the run needed at most."""
    with on_small_disk(tmp_path_factory.mktemp("undisturbed"), upstream, **SOURCES) as (workspace, _):
        ended, used = threading.Event(), [0]

        def measure() -> None:
            while not ended.wait(0.02):
                used.append(shutil.disk_usage(workspace.data.parent).used)

        measuring = threading.Thread(target=measure)
        measuring.start()
        try:
            run(workspace, MONTH)
        finally:
            ended.set()
            measuring.join()
        return state(workspace) | {"verify": verified(workspace)}, max(used) // 1024


@pytest.mark.mount
@pytest.mark.parametrize("number", range(SIZES))
def test_a_month_on_a_disk_that_is_too_small_ends_as_if_undisturbed_once_there_is_space(
    undisturbed: tuple[dict[str, object], int], upstream: Upstream, tmp_path: Path, number: int
) -> None:
    expected, needed = undisturbed
    kept = needed * number // SIZES
    with on_small_disk(tmp_path, upstream, **SOURCES) as (workspace, webhook):
        ballast = workspace.data.with_name("ballast")
        fill(ballast, kept)
        program, *arguments = MONTH
        ended = workspace.run(program, *arguments)
        ballast.unlink()
        context = f"{kept} of {needed} KiB are free"
        print(context, *check_that_it_failed_on_the_disk(workspace, ended, webhook, context), sep="\n")
        run(workspace, MONTH)
        check(workspace, expected, context)


@pytest.mark.mount
@pytest.mark.parametrize("kept", KEPT)
def test_a_month_whose_disk_becomes_full_at_every_step_ends_as_if_undisturbed(
    undisturbed: tuple[dict[str, object], int], upstream: Upstream, tmp_path: Path, kept: int
) -> None:
    expected, _ = undisturbed
    with on_small_disk(tmp_path, upstream, **SOURCES) as (workspace, webhook):
        for task in STEPS:
            context = f"{kept} KiB are free at {task}"
            ended = run_filling(workspace, task, kept, MONTH)
            if ended.returncode:  # otherwise the task needed less
                print(context, *check_that_it_failed_on_the_disk(workspace, ended, webhook, context), sep="\n")
        run(workspace, MONTH)
        check(workspace, expected, f"after {kept} KiB were free at every step")
