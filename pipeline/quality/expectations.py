"""Great Expectations' expectations, built from a suite for a month and source."""

import re
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from pipeline.quality.gx import import_great_expectations
from pipeline.quality.suites import DeclaredExpectation, Subject
from pipeline.sources import sources

if TYPE_CHECKING:
    from great_expectations.core import ExpectationValidationResult
    from great_expectations.expectations.expectation import Expectation

PLACEHOLDER = re.compile(r"\{(month|source|history)\}")
"""Placeholders in a suite's texts. ``{batch}`` is Great Expectations' own."""
TRIP_TYPES = "{trip_types}"
"""Stands for the list of trip types of config/sources/*.yaml, as an argument."""
QUERY = "unexpected_rows_expectation"
"""The expectation that is an SQL query; it passes when the query returns no row."""
INDEX = "index in the suite"


def known_expectations() -> list[str]:
    import_great_expectations()  # registers the expectations
    from great_expectations.expectations.registry import list_registered_expectation_implementations

    return list_registered_expectation_implementations()


def build(
    declared: DeclaredExpectation, subject: Subject, history: Mapping[str, list[date]], index: int = 0
) -> "Expectation":
    """Great Expectations' expectation. It carries its index, because results come in an order of their own.

    Raises Great Expectations' ValidationError for invalid arguments.
    """
    from great_expectations.expectations.registry import get_expectation_impl

    arguments = fill_in(declared.arguments, subject, history)
    if declared.expectation == QUERY and "{batch}" not in str(arguments.get("unexpected_rows_query", "")):
        # Great Expectations prints a warning for each query without {batch}, on standard output.
        arguments["unexpected_rows_query"] = f"{arguments.get('unexpected_rows_query', '')} /* {{batch}} */"
    return get_expectation_impl(declared.expectation)(**arguments, meta={INDEX: index})


def index_of(result: "ExpectationValidationResult") -> int:
    meta = result.expectation_config.meta if result.expectation_config else None
    return int((meta or {})[INDEX])


def fill_in(value: Any, subject: Subject, history: Mapping[str, list[date]]) -> Any:
    """The value with SQL in the place of its placeholders: the month, the source, and the usable months before it."""
    if value == TRIP_TYPES:
        return sorted({source.trip_type for source in sources().values() if source.trip_type})
    if isinstance(value, Mapping):
        return {key: fill_in(each, subject, history) for key, each in value.items()}
    if isinstance(value, list):
        return [fill_in(each, subject, history) for each in value]
    if not isinstance(value, str):
        return value
    months_before = ", ".join(f"date '{month}'" for month in history.get(subject.source, ()))
    replacements = {
        "month": f"date '{subject.month}'",
        "source": f"'{subject.source}'",
        "history": f"({months_before or 'null'})",
    }
    return PLACEHOLDER.sub(lambda found: replacements[found[1]], value)
