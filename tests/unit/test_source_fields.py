"""Fields of sources: conversion of their values in YAML."""

from datetime import date
from typing import Any

import pytest

from pipeline.source_fields import as_columns, as_month, as_so_far_url, as_urls


def test_months_are_first_days() -> None:
    assert as_month("2024-02") == date(2024, 2, 1) and as_month(None) is None


@pytest.mark.parametrize("value", ["2024", 2024, date(2024, 1, 1), ["2024-01"]])
def test_other_values_are_no_months(value: Any) -> None:
    with pytest.raises(ValueError, match="expected a month as YYYY-MM"):
        as_month(value)


def test_columns_have_their_names_and_types() -> None:
    facts = {"a": "integer", "b": {"type": "double", "optional": True}}
    assert as_columns(facts) == ({"name": "a", "type": "integer"}, {"name": "b", "type": "double", "optional": True})


@pytest.mark.parametrize("value", [None, {}, ["a"]])
def test_a_source_has_columns(value: Any) -> None:
    with pytest.raises(ValueError, match="expected at least one column"):
        as_columns(value)


def test_addresses_contain_known_placeholders_only() -> None:
    assert as_urls(["{base}/{year}.csv"]) == ["{base}/{year}.csv"]
    assert as_so_far_url("{base}?{first}&{today}") == "{base}?{first}&{today}"
    with pytest.raises(ValueError, match=r"unknown placeholder \{today\}"):
        as_urls(["{base}/{today}"])
