"""The error codes that the process of dbt reports."""

from types import SimpleNamespace
from typing import Any

import pytest

from pipeline.progress import listening
from pipeline.project import DBT
from pipeline.warehouse.dbt import without_progress
from pipeline.warehouse.dbt_process import Nodes, error_code
from pipeline.warehouse.transform import REBUILD

RAISED = """Compilation Error in model fct_trips (models/core/fct_trips.sql)
  MOBILITY-REBUILD: "nyc_mobility"."core"."fct_trips" does not exist

  > in macro raise_rebuild_needed (macros/materializations/raise_rebuild_needed.sql)"""


def test_an_error_of_the_project_has_its_code() -> None:
    assert error_code(RAISED) == REBUILD


@pytest.mark.parametrize("message", [None, "", "OK", "a model that reads of MOBILITY-REBUILD: in the middle of a line"])
def test_other_messages_have_no_code(message: str | None) -> None:
    assert error_code(message) is None


def test_the_macro_raises_the_code_that_python_compares() -> None:
    macro = (DBT / "macros/materializations/raise_rebuild_needed.sql").read_text()
    assert f"raise_compiler_error('{REBUILD}: '" in macro


def event(name: str, **data: int) -> Any:
    """An event of dbt's, of which the name and the data count."""
    return SimpleNamespace(info=SimpleNamespace(name=name), data=SimpleNamespace(**data))


def test_nodes_that_are_done_are_reported_and_left_out_of_the_output(capsys: pytest.CaptureFixture[str]) -> None:
    nodes = Nodes()
    for one in (
        event("NodeFinished"),  # of a command that says no total
        event("LogStartLine", total=2),
        event("NodeFinished"),
        event("SQLQuery"),
        event("NodeFinished"),
    ):
        nodes.print_progress(one)
    printed = ["Running with dbt\n", *capsys.readouterr().out.splitlines(keepends=True)]
    reported: list[tuple[int, int]] = []
    with listening(lambda *counts: reported.append(counts)):
        assert [*without_progress(printed)] == ["Running with dbt\n"]
    assert reported == [(1, 2), (2, 2)]
