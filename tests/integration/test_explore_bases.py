"""Cubes that are combined from bases equal those that are made of the rows of the marts."""

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from pipeline.errors import BadFile
from pipeline.explore.layout import LAYOUT, ROLLUP
from pipeline.semantics import read_semantics
from pipeline.tasks.explore import write_month
from tests.conftest import Workspace
from tests.integration.test_explore import AUTUMN, cubes_of
from tests.integration.test_time import workspace as months_with_clock_changes

__all__ = ["months_with_clock_changes"]


def is_equal(value: Any, expected: Any) -> bool:
    return bool(value == expected or (None not in (value, expected) and math.isclose(value, expected, rel_tol=1e-11)))


def test_cubes_that_are_combined_from_a_base_equal_those_of_the_rows(months_with_clock_changes: Workspace) -> None:
    data = months_with_clock_changes.data
    semantics = read_semantics(data / "dbt/target/semantic_manifest.json")
    of_rows = replace(LAYOUT, cubes={name: replace(cube, base="") for name, cube in LAYOUT.cubes.items()}, bases={})
    combined, expected = (cubes_of(data, semantics, AUTUMN[0], layout)["cubes"] for layout in (LAYOUT, of_rows))
    for name in LAYOUT.cubes:
        assert combined[name]["at"] == expected[name]["at"], name
        assert combined[name]["measures"].keys() == expected[name]["measures"].keys() != set(), name
        for measure, parts in combined[name]["measures"].items():
            for part, same in zip(parts, expected[name]["measures"][measure], strict=True):
                assert all(map(is_equal, part, same)), (name, measure)
    assert {cube.base for cube in LAYOUT.cubes.values()} == {"", ROLLUP, *LAYOUT.bases}


def test_a_damaged_rollup_is_an_error_that_names_it_and_what_computes_it_again(
    copy_finished: Callable[[], Workspace], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = copy_finished().data
    monkeypatch.setenv("MOBILITY_DATA", str(data))
    file = data / "published/metrics/month=2024-02/by_hour_and_zone.parquet"
    content = file.read_bytes()
    file.write_bytes(content[:5000] + bytes(100) + content[5100:])
    with pytest.raises(BadFile, match=r"^2024-02: .*by_hour_and_zone\.parquet is damaged, .* verify --repair"):
        write_month(date(2024, 2, 1), data / "reports/explore/2024-02.js")
    file.unlink()
    with pytest.raises(BadFile, match=r"^2024-02: .*by_hour_and_zone\.parquet does not exist; .* verify --repair"):
        write_month(date(2024, 2, 1), data / "reports/explore/2024-02.js")
