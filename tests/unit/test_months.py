"""Months, for any date."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import BadInput
from pipeline.months import add_months, month_range, months_text, parse_month

MONTHS = st.dates(date(1940, 1, 1), date(2099, 12, 1)).map(lambda day: day.replace(day=1))


@given(MONTHS)
def test_a_month_is_written_and_read_back(month: date) -> None:
    assert parse_month(f"{month:%Y-%m}") == month


INVALID = ["2024-13", "2024-00", "2024-1", "24-01", "2024", "2024-01-01", "", "January", "2024/01"]


@pytest.mark.parametrize("text", INVALID)
def test_other_text_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(BadInput, match=r"not a month; write it as YYYY-MM, for example 2024-01"):
        parse_month(text)


@given(MONTHS, st.integers(-300, 300), st.integers(-300, 300))
def test_adding_months_in_two_steps_is_adding_their_sum(month: date, first: int, second: int) -> None:
    assert add_months(add_months(month, first), second) == add_months(month, first + second)


@pytest.mark.parametrize(
    ("count", "expected"),
    [(0, date(2024, 1, 1)), (-1, date(2023, 12, 1)), (11, date(2024, 12, 1)), (12, date(2025, 1, 1))],
)
def test_adding_months_crosses_the_ends_of_years(count: int, expected: date) -> None:
    assert add_months(date(2024, 1, 1), count) == expected


def test_a_range_has_the_months_of_both_days_and_those_between() -> None:
    found = month_range(date(2023, 11, 30), date(2024, 2, 1))
    assert found == [date(2023, 11, 1), date(2023, 12, 1), date(2024, 1, 1), date(2024, 2, 1)]
    assert month_range(date(2024, 1, 31), date(2024, 1, 1)) == [date(2024, 1, 1)]
    assert month_range(date(2024, 2, 1), date(2024, 1, 31)) == []


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        ([], ""),
        ([1], "2024-01"),
        ([1, 2], "2024-01, 2024-02"),
        ([3, 2, 1, 2, 6, 12], "2024-01 to 2024-03, 2024-06, 2024-12"),
    ],
)
def test_three_or_more_months_that_follow_each_other_are_a_range(numbers: list[int], text: str) -> None:
    assert months_text(date(2024, number, 1) for number in numbers) == text
