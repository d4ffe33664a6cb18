"""Parameters, as the command line gives them."""

from datetime import date

import pytest

from pipeline.errors import BadInput
from pipeline.tasks.month import RunMonth
from pipeline.tasks.parameters import Month, Months, RangeMonthly, SourceName, Sources, Stop, check_range, past_month

JANUARY, MARCH = date(2024, 1, 1), date(2024, 3, 1)


def test_a_month_is_its_first_day_and_not_in_the_future() -> None:
    assert past_month("2024-01") == JANUARY
    assert past_month(f"{date.today():%Y-%m}") == date.today().replace(day=1)
    with pytest.raises(BadInput, match="month 2999-01: is in the future; this month is"):
        past_month("2999-01")


@pytest.mark.parametrize(
    ("parameter", "text"),
    [
        (Month(), "2024-13"),
        (Month(), "2999-01"),
        (Months(), "2024-01,2024-1"),
        (Stop(), "soon"),
        (Sources(), "yellow_taxi,yelow_taxi"),
        (SourceName(), "yelow_taxi"),
    ],
)
def test_a_value_that_is_wrong_ends_the_process_with_one_line(
    parameter: Month | Months | Stop | Sources | SourceName, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        parameter.parse(text)
    assert ended.value.code == 2
    printed = capsys.readouterr().err
    assert printed.startswith("error: ") and printed.count("\n") == 1


def test_the_end_of_a_range_may_be_in_the_future() -> None:
    assert Stop().parse("2999-01") == date(2999, 1, 1)


def test_months_are_read_as_they_are_written() -> None:
    assert Months().serialize((JANUARY, MARCH)) == "2024-01,2024-03"
    assert Months().parse("2024-01,2024-03") == (JANUARY, MARCH)


def test_a_batch_has_the_months_of_its_tasks_in_order_and_each_once() -> None:
    batch = Months()._batch_method
    assert batch is not None
    assert batch([(MARCH,), (JANUARY,), (JANUARY, MARCH)]) == (JANUARY, MARCH)


def test_sources_are_in_the_order_of_their_names_and_by_default_those_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert Sources().parse("yellow_taxi, citibike") == ("citibike", "yellow_taxi")
    monkeypatch.setenv("MOBILITY_SOURCES", "green_taxi")
    assert RunMonth(month=JANUARY).sources == ("green_taxi",)
    assert Sources().serialize(("citibike", "yellow_taxi")) == "citibike,yellow_taxi"


def test_a_range_must_end_after_it_starts(capsys: pytest.CaptureFixture[str]) -> None:
    check_range(JANUARY, None)
    check_range(JANUARY, MARCH)
    with pytest.raises(BadInput, match="range 2024-01 to 2024-01: ends before it starts; stop is exclusive"):
        check_range(JANUARY, JANUARY)
    with pytest.raises(SystemExit):
        RangeMonthly(of=RunMonth, start=MARCH, stop=JANUARY)
    assert "ends before it starts" in capsys.readouterr().err
