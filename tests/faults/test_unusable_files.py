"""A file that cannot be used is downloaded again by the next run, whatever command that is."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from pipeline.months import add_months
from pipeline.sample.generate import generate
from pipeline.sample.server import Fault, serve
from tests.conftest import Workspace
from tests.faults.damaged_files import DAMAGES
from tests.faults.killing import run, verb

NEWEST = add_months(date.today().replace(day=1), -2 if date.today().day < 10 else -1)
"""A month whose rides and weather are published by now, and almost nothing of those after it."""
RIDES, YELLOW = "tripdata/JC-*", "trip-data/yellow_tripdata_2024-02.parquet"
ROWS = {"citibike_jc": 300}
FROM, TO = f"{NEWEST:%Y-%m}", f"{add_months(NEWEST, 1):%Y-%m}"
NEXT_RUN = "; the next run downloads it again"


@pytest.mark.long
@pytest.mark.parametrize(
    ("words", "damage", "line"),
    [
        (["month", FROM], "bytes of a file changed", "cannot be unpacked: the bytes of"),
        (["backfill", FROM, TO], "CSV: no names of columns", "begins with the line "),
        (["catchup", "--start", FROM], "HTML", "begins with the line '<html><title>Too busy</title>"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_a_month_whose_file_could_not_be_used_is_built_by_the_same_command(
    words: list[str], damage: str, line: str, tmp_path: Path, with_project_files: Callable[[Workspace], Workspace]
) -> None:
    generate(tmp_path / "up", [NEWEST], sources=["citibike_jc", "taxi_zones", "taxi_zone_polygons"], rows=ROWS)
    (rides,) = (tmp_path / "up").glob(RIDES)
    with serve(tmp_path / "up") as upstream:
        workspace = with_project_files(Workspace(tmp_path / "data", upstream))
        command = verb(*words, "--sources", "citibike_jc")
        unusable = DAMAGES["zip"][damage](rides.read_bytes())
        upstream.faults = [Fault(RIDES, method="GET", first=1, body=unusable)]
        failed = run(workspace, command, code=30)
        (error,) = [text for text in failed.splitlines() if " ERROR " in text]
        assert line in error and error.endswith(NEXT_RUN)
        assert not list(workspace.data.glob("complete/*"))
        ended = workspace.command(*words, "--sources", "citibike_jc")
        assert ended.returncode == 0 or (ended.returncode == 20 and "catchup" in words), ended.stderr
        assert workspace.requested_paths().count(str(rides.relative_to(tmp_path / "up"))) == 2
        assert (workspace.data / f"published/fct_trips/month={FROM}").exists()
        assert workspace.query("select count(*) > 100 from core.fct_trips where source = 'citibike_jc'") == [(True,)]


def test_a_reissued_file_that_could_not_be_used_is_brought_in_by_the_next_refresh(
    copy_finished: Callable[[], Workspace],
) -> None:
    """The publisher takes it back: what was built from the earlier file stays."""
    workspace = copy_finished()
    good = (workspace.upstream.root / YELLOW).read_bytes()
    command = verb("refresh", "--months", str(12 * (date.today().year - 2023)))
    workspace.upstream.faults = [Fault(YELLOW, body=DAMAGES["parquet"]["pages of zeros"](good))]
    try:
        failed = run(workspace, command, code=30)
    finally:
        workspace.upstream.faults = []
    (error,) = [text for text in failed.splitlines() if " ERROR " in text]
    assert "2024-02 yellow_taxi: 2024-02.parquet cannot be read: it is damaged, or" in error
    assert error.endswith(NEXT_RUN)
    run(workspace, command)
    assert (workspace.data / "landing/yellow_taxi/2024-02.parquet").read_bytes() == good
    assert "incomplete" not in workspace.command("status").stdout
