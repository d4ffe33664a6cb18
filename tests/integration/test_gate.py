"""A month that fails a critical expectation is not published until a person accepts these failures."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Workspace
from tests.raw_rows import change_rows

FARES = "update rows set fare_amount = fare_amount * 100"


def published(workspace: Workspace) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in workspace.data.glob("published/*/month=2024-02/*")}


def damage(workspace: Workspace, source: str, sql: str) -> None:
    """Damages the loaded rows of February and has its models built again."""
    change_rows(workspace.data, source, "2024-02", sql)
    (workspace.data / "warehouse/transformed/2024-02.json").unlink()


def test_a_rejected_month_is_not_published_until_it_is_accepted_on_record(
    copy_finished: Callable[[], Workspace],
) -> None:
    workspace = copy_finished()
    before = published(workspace)
    damage(workspace, "yellow_taxi", FARES)
    ended = workspace.run_month("2024-02")
    assert ended.returncode == 30
    assert "2024-02 is rejected: staging.stg_tlc__yellow_taxi: 2024-02 yellow_taxi FAILED " in ended.stderr
    assert "Traceback" not in ended.stderr
    assert published(workspace) == before

    status = workspace.command("status").stdout
    assert "2024-02 is rejected: staging.stg_tlc__yellow_taxi" in status
    assert workspace.run_month("2024-02").returncode == 30

    assert workspace.command("accept", "2024-01", "--reason", "fine").returncode == 2
    assert workspace.command("accept", "2024-02", "--reason", " ").returncode == 2
    accepted = workspace.command("accept", "2024-02", "--reason", "TLC published cents, told them")
    assert (accepted.returncode, accepted.stdout[:17]) == (0, "2024-02: accepted")
    query = "select distinct accepted_because, severity, outcome from audit.findings where accepted_because is not null"
    assert workspace.query(query) == [("TLC published cents, told them", "critical", "fail")]

    assert workspace.run_month("2024-02").returncode == 0
    assert published(workspace) != before
    assert "is rejected" not in workspace.command("status").stdout
    assert workspace.command("verify").returncode == 0

    damage(workspace, "yellow_taxi", FARES)  # fares are a hundred times higher still, which is a new failure
    assert workspace.run_month("2024-02").returncode == 30


@pytest.mark.long
def test_a_month_with_a_gap_in_its_weather_is_rejected_and_does_not_stop_other_months(
    copy_finished: Callable[[], Workspace],
) -> None:
    workspace = copy_finished()
    damage(workspace, "weather", "delete from rows where \"time\" >= '2024-02-20'")
    (workspace.data / "complete/2024-03.json").unlink()
    arguments = ("RangeMonthly", "--of", "RunMonth", "--start", "2024-01", "--stop", "2024-04")
    ended = workspace.luigi(*arguments)
    assert ended.returncode == 30
    assert "every hour of the month has a temperature" in ended.stderr and "2024-02-20 " in ended.stderr
    assert workspace.luigi(*arguments).returncode == 30
    assert (workspace.data / "complete/2024-03.json").exists()


def test_sound_months_have_data_docs_and_findings_of_every_suite(finished: Workspace) -> None:
    suites = {path.stem for path in (Path(__file__).parents[2] / "config/expectations").glob("*.yaml")}
    rows = finished.query("""
        select suite, count(*), count(*) filter (outcome in ('fail', 'error') and severity = 'critical')
        from audit.findings where is_latest group by suite
    """)
    evaluated = {str(suite) for suite, *_ in rows}
    assert suites - evaluated == {"stg_tlc__green_taxi", "stg_tlc__hvfhv_taxi"}  # sources that these months lack
    assert [critical for *_, critical in rows] == [0] * len(rows)
    docs = finished.data / "reports/quality"
    assert {path.name for path in docs.glob("validations/*")} == evaluated
    assert "2024-02" in (docs / "index.html").read_text()
