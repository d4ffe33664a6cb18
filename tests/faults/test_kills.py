"""A command that is killed is finished by the next run, and gives what one gives that nobody disturbed.

The long form, of every verb and with as many kills as are asked for, is test_campaign.py.
"""

import json
import random
import shutil
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest

from pipeline.sample.generate import generate
from pipeline.sample.server import serve
from tests.conftest import Workspace, create_once
from tests.faults.contents import check, state, verified
from tests.faults.killing import DBT, MAIN, STEPS, TREE, Kill, killed, luigi, run, run_of, seconds_of_steps, verb

MONTHS = [date(2024, 1, 1), date(2024, 2, 1)]
SHARED_RIDES = {"citibike": {"in_two_files": 30, "began_month_before": 20}}
"""Rides that stand in two files: what counts in a month depends on the month before."""
RANGE = luigi("RangeMonthly", "--of", "RunMonth", "--start", "2024-01", "--stop", "2024-03")


@pytest.fixture(scope="session")
def undisturbed(
    tmp_path_factory: pytest.TempPathFactory, with_project_files: Callable[[Workspace], Workspace]
) -> Iterator[Workspace]:
    """The range in one source, as it ends where nothing is killed."""

    def make(folder: Path) -> None:
        sources = ["citibike", "weather", "taxi_zones", "taxi_zone_polygons"]
        generate(
            folder / "upstream",
            MONTHS,
            sources=sources,
            rows={"citibike": 800},
            anomalous_months=MONTHS[1:],
            anomalies=SHARED_RIDES,
        )
        with serve(folder / "upstream") as upstream:
            workspace = with_project_files(Workspace(folder / "data", upstream, {"MOBILITY_SOURCES": "citibike"}))
            run(workspace, RANGE)
            (folder / "verified").write_text(verified(workspace))  # here, as it takes the folder's lock

    made = create_once(tmp_path_factory, "undisturbed", make)
    with serve(made / "upstream") as upstream:
        yield Workspace(made / "data", upstream, {"MOBILITY_SOURCES": "citibike"})


@pytest.fixture(scope="session")
def expected(undisturbed: Workspace) -> dict[str, object]:
    return state(undisturbed) | {"verify": (undisturbed.data.parent / "verified").read_text()}


@pytest.mark.parametrize(("victim", "steps"), [(TREE, STEPS[::2]), (MAIN, STEPS[1::2])], ids=[TREE, MAIN])
def test_a_range_that_is_killed_again_and_again_ends_as_if_undisturbed(
    undisturbed: Workspace,
    expected: dict[str, object],
    with_project_files: Callable[[Workspace], Workspace],
    tmp_path: Path,
    victim: str,
    steps: tuple[str, ...],
) -> None:
    workspace = with_project_files(Workspace(tmp_path / "data", undisturbed.upstream, undisturbed.environment))
    draw, seconds, kills = random.Random(victim), seconds_of_steps(undisturbed.data), list[Kill]()
    for step in steps:
        kills.append(Kill(step, victim, delay=draw.random() * seconds[step] / 2))
        assert killed(workspace, kills[-1], RANGE), f"{kills[-1]}: the range had ended before"
    run(workspace, RANGE)
    check(workspace, expected, "; ".join(map(str, kills)))


@pytest.fixture
def copied(undisturbed: Workspace, tmp_path: Path) -> Workspace:
    """A copy of the range's data folder, to change."""
    shutil.copytree(undisturbed.data, tmp_path / "data", symlinks=True)
    return Workspace(tmp_path / "data", undisturbed.upstream, undisturbed.environment)


def test_a_refresh_killed_after_it_loaded_is_finished_by_the_next(copied: Workspace, tmp_path: Path) -> None:
    shutil.copytree(copied.upstream.root, tmp_path / "upstream")
    generate(tmp_path / "upstream", MONTHS[1:], sources=["citibike"], rows={"citibike": 700}, seed=2)
    refresh = verb("refresh", "--months", str(months_until_today(MONTHS[0])))
    with serve(tmp_path / "upstream") as upstream:
        workspace = Workspace(copied.data, upstream, copied.environment)
        assert killed(workspace, Kill("Transform"), refresh)
        run(workspace, refresh)
    rows = json.loads((tmp_path / "upstream/manifest.json").read_text())["files"][-1]["counts"]["rows"]
    ledger = "select rows_published from audit.month_ledger where source = 'citibike' and source_month = '2024-02-01'"
    assert workspace.query(ledger) == [(rows,)]
    published = f"read_parquet('{workspace.data}/published/month_ledger/month=2024-02/*.parquet')"
    assert duckdb.execute(ledger.replace("audit.month_ledger", published)).fetchall() == [(rows,)]
    assert verified(workspace).startswith("all receipts agree")


def test_a_forget_killed_while_dbt_runs_is_reported_until_it_is_finished(copied: Workspace) -> None:
    forget, facts = (
        verb("forget", "2024-02"),
        "select count(*) > 0 from core.fct_trips where source_month = '2024-02-01'",
    )
    assert killed(copied, Kill(DBT, MAIN), forget)
    run(copied, run_of("2024-01"))
    if copied.query(facts) == [(True,)]:
        assert "2024-02" in copied.command("status").stdout
        assert "2024-02" in verified(copied)
    run(copied, forget)
    assert copied.query(facts) == [(False,)]
    assert not [path for path in copied.files() if "2024-02" in path and not path.startswith("dbt/")]


def months_until_today(month: date) -> int:
    today = date.today()
    return 12 * (today.year - month.year) + today.month - month.month
