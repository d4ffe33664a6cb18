"""MetricFlow's command line in a process of its own; tests/integration/test_semantic_layer.py queries by it."""

import subprocess
from types import SimpleNamespace
from typing import Any

import pytest

from pipeline.warehouse.dbt import METRICFLOW_PROCESS, PYTHON
from pipeline.warehouse.metricflow_process import is_grain_of, meant, with_known_names


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("metric_time__month", True),
        ("metric_time__extract_year", True),
        ("metric_time__mnth", False),
        ("weather__temp_categry", False),
        ("month", False),
    ],
)
def test_only_a_grain_of_time_or_a_part_of_a_date_may_follow_a_known_name(name: str, expected: bool) -> None:
    assert is_grain_of(name, {"metric_time", "weather"}) is expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Borough", "did you mean dropoff_location__borough or pickup_location__borough? "),
        ("day", "did you mean metric_time__day? "),
        ("pickup_location__burough", "did you mean pickup_location__borough or dropoff_location__borough? "),
        ("quux", ""),
    ],
)
def test_the_end_of_a_name_is_sufficient_for_a_suggestion(name: str, expected: str) -> None:
    assert meant(name, {"metric_time", "pickup_location__borough", "dropoff_location__borough"}) == expected


@pytest.mark.parametrize(("order", "expected"), [(None, ["day", "mode"]), (["-day"], ["-day"])])
def test_rows_are_in_the_order_of_their_groups_unless_another_is_named(order: Any, expected: list[str]) -> None:
    asked: list[Any] = []
    query = with_known_names("./run.sh metrics", lambda _, **options: asked.append(options["order"]))
    query(SimpleNamespace(is_setup=True), group_by=["day", "mode"], order=order)
    assert asked == [expected]


def test_its_help_names_the_command_that_people_type() -> None:
    command = [*PYTHON, str(METRICFLOW_PROCESS), "./run.sh metrics", "query", "--help"]
    ended = subprocess.run(command, text=True, capture_output=True, check=True)
    assert ended.stdout.startswith("Usage: ./run.sh metrics query [OPTIONS]")


def ended_with(error: Exception) -> Any:
    """Run a command that raises the error."""

    def command(*_: Any) -> None:
        raise error

    return with_known_names("./run.sh metrics", command)(SimpleNamespace(is_setup=True))


def test_an_error_of_the_question_is_one_line_and_one_of_the_program_is_not_hidden(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit, match="1"):
        ended_with(FileNotFoundError(2, "No such file or directory", "/nowhere/rows.csv"))
    assert capsys.readouterr().err == "error: [Errno 2] No such file or directory: '/nowhere/rows.csv'\n"
    with pytest.raises(TypeError, match="of the program"):
        ended_with(TypeError("of the program"))
