"""A command that is killed is finished by the next run, and gives what one gives that nobody disturbed.

The long form, of every verb and with as many kills as are asked for, is test_campaign.py.
"""

import json
import random
import shutil
from collections.abc import Callable
from datetime import date
from itertools import cycle
from pathlib import Path

import duckdb
import pytest

from pipeline.sample.generate import generate
from pipeline.sample.server import serve
from tests.conftest import Workspace
from tests.faults.contents import check, verified
from tests.faults.killing import DBT, MAIN, STEPS, TREE, Kill, killed, run, run_of, seconds_of_steps, verb
from tests.faults.undisturbed import MONTHS, RANGE


def test_a_range_that_is_killed_again_and_again_ends_as_if_undisturbed(
    undisturbed: Workspace,
    expected: dict[str, object],
    with_project_files: Callable[[Workspace], Workspace],
    tmp_path: Path,
) -> None:
    """At each step, by turns with its child processes and without."""
    workspace = with_project_files(Workspace(tmp_path / "data", undisturbed.upstream, undisturbed.environment))
    draw, seconds, kills = random.Random(1), seconds_of_steps(undisturbed.data), list[Kill]()
    for step, victim in zip(STEPS, cycle((TREE, MAIN))):
        kills.append(Kill(step, victim, delay=draw.random() * seconds[step] / 2))
        assert killed(workspace, kills[-1], RANGE), f"{kills[-1]}: the range had ended before"
    run(workspace, RANGE)
    check(workspace, expected, "; ".join(map(str, kills)))


@pytest.fixture
def copied(undisturbed: Workspace, tmp_path: Path) -> Workspace:
    """A copy of the range's data folder, to change."""
    shutil.copytree(undisturbed.data, tmp_path / "data", symlinks=True)
    return Workspace(tmp_path / "data", undisturbed.upstream, undisturbed.environment)


@pytest.mark.long
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


@pytest.mark.long
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
