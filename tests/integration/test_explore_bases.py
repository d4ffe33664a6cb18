"""Cubes that are combined from bases equal those that are made of the rows of the marts."""

import math
from dataclasses import replace
from typing import Any

from pipeline.explore.layout import LAYOUT, ROLLUP
from pipeline.semantics import read_semantics
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
