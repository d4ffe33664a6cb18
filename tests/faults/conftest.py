"""Runs the long campaigns where they are asked for, and prints the table of the campaign of faults.

The fixtures are of the range that is killed, or whose disk becomes full.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipeline.sample.generate import generate
from pipeline.sample.server import serve
from tests.conftest import Workspace, create_once
from tests.faults.contents import state, verified
from tests.faults.killing import run
from tests.faults.undisturbed import MONTHS, RANGE, SHARED_RIDES

CAMPAIGNS = {"test_campaign.py": "kills", "test_fault_campaign.py": "faults", "test_disk_campaign.py": "faults"}
"""The option that asks for each."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    unasked = {name for name, option in CAMPAIGNS.items() if not config.getoption(option)}
    items[:] = [item for item in items if item.path.name not in unasked]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [report for outcome in ("passed", "failed") for report in terminalreporter.stats.get(outcome, [])]
    rows = [value for report in reports for name, value in report.user_properties if name == "fault"]
    if rows:
        terminalreporter.section("source | kind | fault | outcome | message")
    for row in rows:
        terminalreporter.write_line(" | ".join(row))


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
