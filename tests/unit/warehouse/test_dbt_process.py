"""The error codes that the process of dbt reports."""

import pytest

from pipeline.project import DBT
from pipeline.warehouse.dbt_process import error_code
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
