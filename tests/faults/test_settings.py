"""Invalid arguments and settings are an error of one line with an exit code other than 0, and nothing is written."""

import pytest

from tests.conftest import Workspace


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (
            ("RunMonth", "--month", "May 2025"),
            "error: month 'May 2025': not a month; write it as YYYY-MM, for example 2024-01",
        ),
        (
            ("RunMonth", "--month", "2024-01", "--sources", "yelow_taxi"),
            "error: source 'yelow_taxi': not known; did you mean yellow_taxi or green_taxi? config/sources",
        ),
        (
            ("RangeMonthly", "--of", "RunMonth", "--start", "2024-03", "--stop", "2024-01"),
            "error: range 2024-03 to 2024-01: ends before it starts; stop is exclusive",
        ),
    ],
)
def test_an_invalid_command_line_is_refused_in_one_line(
    workspace: Workspace, words: tuple[str, ...], line: str
) -> None:
    ended = workspace.luigi(*words)
    assert ended.returncode == 2
    assert ended.stderr.startswith(line) and len(ended.stderr.splitlines()) == 1
    assert workspace.files() == set()


def test_an_unknown_source_in_the_environment_is_refused_in_one_line(workspace: Workspace) -> None:
    ended = workspace.run_month("2024-01", MOBILITY_SOURCES="yellow_taxi,bicycles")
    assert ended.returncode == 2
    assert ended.stderr.startswith("error: source 'bicycles': not known") and len(ended.stderr.splitlines()) == 1


def test_a_month_before_all_of_its_sources_is_refused_before_anything_is_run(workspace: Workspace) -> None:
    ended = workspace.run_month("2010-05", "--sources", "green_taxi")
    line = "error: month 2010-05: before the first month of its sources: green_taxi begins with 2013-08"
    assert (ended.returncode, ended.stderr.splitlines()) == (2, [line])
    assert not [path for path in workspace.files() if "weather" in path]


def test_a_month_before_the_first_is_an_error_with_the_first_month(workspace: Workspace) -> None:
    ended = workspace.luigi("Load", "--source", "yellow_taxi", "--month", "2010-05")
    assert ended.returncode != 0
    assert "2010-05 yellow_taxi: begins with 2011-01" in ended.stderr and "Traceback" not in ended.stderr
    assert not [path for path in workspace.files() if "yellow" in path]
