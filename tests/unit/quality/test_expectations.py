"""Expectations that are built for a month: placeholders, and queries that Great Expectations accepts in silence."""

from dataclasses import replace
from datetime import date

import pytest

from pipeline.quality import expectations
from pipeline.quality.expectations import QUERY, build, fill_in
from pipeline.quality.suites import DeclaredExpectation, Subject
from pipeline.sources import sources

JANUARY = date(2024, 1, 1)
SUBJECT = Subject("month_profile", "audit.month_profile", JANUARY, "yellow_taxi")


def test_placeholders_are_filled_in_at_any_depth() -> None:
    value = {"query": "{month} {source} {history} {batch}", "list": ["{source}", 1], "n": None}
    assert fill_in(value, SUBJECT, {"yellow_taxi": [date(2023, 11, 1), date(2023, 12, 1)]}) == {
        "query": "date '2024-01-01' 'yellow_taxi' (date '2023-11-01', date '2023-12-01') {batch}",
        "list": ["'yellow_taxi'", 1],
        "n": None,
    }


def test_without_months_before_the_history_matches_no_month() -> None:
    assert fill_in("source_month in {history}", SUBJECT, {}) == "source_month in (null)"


def test_trip_types_are_those_of_the_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    trial = replace(sources()["yellow_taxi"], name="trial_taxi", trip_type="trial")
    monkeypatch.setattr(expectations, "sources", lambda: {**sources(), "trial_taxi": trial})
    assert fill_in({"value_set": "{trip_types}"}, SUBJECT, {}) == {
        "value_set": ["citibike", "fhv", "green_taxi", "hvfhv", "trial", "yellow_taxi"]
    }


@pytest.mark.parametrize(
    ("query", "built"),
    [
        ("select 1 from audit.loads where false", "select 1 from audit.loads where false /* {batch} */"),
        ("select 1 from {batch} where false", "select 1 from {batch} where false"),
    ],
)
def test_every_query_names_its_batch_so_that_great_expectations_prints_no_warning(
    query: str, built: str, capsys: pytest.CaptureFixture[str]
) -> None:
    declared = DeclaredExpectation(QUERY, "it is sound", "critical")
    vars(declared)["unexpected_rows_query"] = query
    assert build(declared, SUBJECT, {}).configuration.kwargs["unexpected_rows_query"] == built
    assert capsys.readouterr().out == ""
