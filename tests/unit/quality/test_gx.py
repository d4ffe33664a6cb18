"""Great Expectations as the project imports and evaluates it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from pipeline import quality
from pipeline.database import Warehouse
from pipeline.quality import judging
from pipeline.quality.datadocs import open_warehouse
from pipeline.quality.gx import (
    IMPORTED_LATER,
    StandIn,
    configurations_computed_once,
    import_great_expectations,
    keys_of_plain_values,
    queries_run_once,
    values_counted_alone,
)
from tests.unit.quality.small_warehouse import damage

MONTHS = [date(2024, 1, 1), date(2024, 2, 1)]
IMPORT = f"""
import sys
from pipeline.quality.gx import import_great_expectations
import_great_expectations()
print(*{{*{IMPORTED_LATER}, "pyspark"}} & {{*sys.modules}})
from great_expectations.expectations.core import expect_column_kl_divergence_to_be_less_than as divergence
print(divergence.stats.norm.cdf(0), "scipy.stats" in sys.modules)
"""


def test_modules_that_no_suite_uses_are_imported_when_they_are_used_and_pyspark_never() -> None:
    ended = subprocess.run([sys.executable, "-c", IMPORT], capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines() == ["", "0.5 True"]


def test_a_stand_in_has_the_names_of_its_module() -> None:
    assert StandIn("json").dumps([1]) == "[1]"
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = StandIn("json").no_such_name


def test_results_are_those_of_great_expectations_by_itself(
    warehouse: Warehouse, suites: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    damage(warehouse, "update core.fct_trips set avg_speed_mph = 300 where pickup_datetime < timestamp '2024-01-02'")
    found = quality.judge(warehouse, MONTHS, suites, docs=tmp_path / "ours")
    for ours in ("computed_in_less_time", "values_counted_alone"):
        monkeypatch.setattr(judging, ours, nullcontext)
    assert quality.judge(warehouse, MONTHS, suites, docs=tmp_path / "theirs") == found
    pages = {path.relative_to(tmp_path / "ours"): path for path in (tmp_path / "ours").rglob("*.html")}
    assert pages
    assert all((tmp_path / "theirs" / name).read_text() == path.read_text() for name, path in pages.items())


@pytest.fixture
def numbers(warehouse: Warehouse) -> Iterator[tuple[Any, list[str]]]:
    """A batch of the numbers below 500, and the statements that are executed on it."""
    import_great_expectations()
    with open_warehouse(warehouse) as datasource:
        asset = datasource.add_query_asset("numbers", "select range as n from range(500)")
        executed: list[str] = []
        engine = datasource.get_execution_engine().engine
        event.listen(engine, "before_cursor_execute", lambda *arguments: executed.append(arguments[2]))
        yield asset.add_batch_definition_whole_table("all").get_batch(), executed


@pytest.mark.parametrize(("violations", "statements"), [(0, 1), (3, 1), (300, 2)])
def test_a_query_runs_once_and_once_more_where_it_returns_many_rows(
    numbers: tuple[Any, list[str]], violations: int, statements: int
) -> None:
    batch, executed = numbers
    query = f"select n from {{batch}} where n < {violations} order by n"
    expectation = import_great_expectations().expectations.UnexpectedRowsExpectation(unexpected_rows_query=query)
    theirs = batch.validate(expectation, result_format="COMPLETE")
    before = [statement for statement in executed if "n <" in statement]
    executed.clear()
    with queries_run_once():
        ours = batch.validate(expectation, result_format="COMPLETE")
    assert ours.result == theirs.result
    assert ours.result["observed_value"] == violations
    assert (len(before), len([statement for statement in executed if "n <" in statement])) == (2, statements)


@pytest.mark.parametrize(
    ("name", "arguments"), [("ExpectColumnValuesToBeBetween", {"max_value": 496}), ("ExpectColumnValuesToBeNull", {})]
)
def test_unexpected_values_are_counted_without_a_query_for_them(
    numbers: tuple[Any, list[str]], name: str, arguments: dict[str, Any]
) -> None:
    batch, executed = numbers
    expectation = getattr(import_great_expectations().expectations, name)(column="n", **arguments)
    with values_counted_alone():
        counted = batch.validate(expectation, result_format="SUMMARY").result
    assert not [statement for statement in executed if "unexpected_values" in statement]
    found = batch.validate(expectation, result_format="SUMMARY").result
    assert found["partial_unexpected_list"] and not counted["partial_unexpected_list"]
    names = "element_count", "unexpected_count", "unexpected_percent"
    assert [counted[name] for name in names] == [found[name] for name in names]


def test_a_configuration_is_computed_again_where_a_field_has_changed() -> None:
    gx = import_great_expectations()
    expectation = gx.expectations.ExpectColumnValuesToNotBeNull(column="first")
    with configurations_computed_once():
        assert expectation.configuration is expectation.configuration
        expectation.column = "second"
        assert expectation.configuration.kwargs["column"] == "second"
    assert expectation.configuration is not expectation.configuration


def test_keys_are_those_of_great_expectations_by_itself() -> None:
    import_great_expectations()
    from great_expectations.core.id_dict import IDDict

    plain = IDDict(column="fare_amount", min_value=None, max_value=3, strict=True)
    other = IDDict(plain, values=[1.5, None], since=date(2024, 1, 1), share=float("nan"))
    keys = [each.to_id() for each in (plain, other)]
    with keys_of_plain_values():
        assert [each.to_id() for each in (plain, other)] == keys
