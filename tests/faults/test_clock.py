"""A clock that is set back or forward leaves out no month in silence."""

from datetime import UTC, datetime

from pipeline.sample.server import Fault
from tests.conftest import Workspace


def seconds(year: int, month: int, day: int) -> str:
    return str(int(datetime(year, month, day, tzinfo=UTC).timestamp()))


def test_months_of_a_range_that_have_not_ended_by_the_clock_are_named(finished: Workspace) -> None:
    months = ("RangeMonthly", "--of", "RunMonth", "--start", "2024-01", "--stop", "2024-04")
    ended = finished.luigi(*months, "--now", seconds(2024, 2, 10))
    assert ended.returncode == 0, ended.stderr
    text = "months from 2024-02 to 2024-03 are left out: they have not ended by this machine's clock"
    assert ended.stderr.count(f"{text}, which says 2024-02-10") == 1
    assert "are left out" not in finished.luigi(*months).stderr


def test_a_run_names_what_is_newer_than_its_clock(workspace: Workspace) -> None:
    """As after a clock that was set forward, or before one that was set back is right again."""
    workspace.upstream.faults = [Fault(status=404)]
    (workspace.data / "runs").mkdir(parents=True)
    (workspace.data / "runs/2100-01.jsonl").write_text("")
    ended = workspace.run_month("2024-01", "--sources", "green_taxi")
    assert "but runs/2100-01.jsonl is of 2100-01-01 00:00 UTC; if the clock was set back" in ended.stderr
    assert "Traceback" not in ended.stderr
