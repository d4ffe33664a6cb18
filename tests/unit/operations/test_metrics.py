"""The verb metrics: what it refuses before MetricFlow starts."""

import re
from pathlib import Path

import pytest

from pipeline.errors import BadInput
from pipeline.operations.metrics import metrics, refuse_mean_of_effects, refuse_unknown_names, with_whole_days
from pipeline.paths import path_for
from pipeline.tasks.receipts import Receipt
from pipeline.tasks.settings import warehouse


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOBILITY_DATA", str(tmp_path))


def test_without_a_month_it_names_the_command_that_builds_one() -> None:
    with pytest.raises(
        BadInput, match=r"no month is in .* yet; start with \./run\.sh demo or \./run\.sh month 2024-01"
    ):
        metrics(warehouse(), ["query", "--metrics", "total_trips"])


def test_a_month_that_is_not_in_the_warehouse_is_refused_with_those_that_are() -> None:
    Receipt(path_for("warehouse/transformed", "2024-01", ".json")).write()
    with pytest.raises(BadInput, match="month 2023-05: not in the warehouse; it has 2024-01"):
        metrics(warehouse(), ["query", "--metrics", "total_trips", "--month", "2023-05"])
    with pytest.raises(BadInput, match="month '': not a month"):
        metrics(warehouse(), ["query", "--month"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["query", "--metrics", "total_tripz"], "metric 'total_tripz': not known; did you mean total_trips? "),
        (
            ["list", "dimensions", "--metrics=total_trips,nope"],
            "metric 'nope': not known; ./run.sh metrics list metrics",
        ),
        (
            ["query", "--saved-query", "headlin"],
            "saved query 'headlin': not known; did you mean headline? there are headline, ",
        ),
    ],
)
def test_a_metric_or_saved_query_that_is_not_declared_is_refused(arguments: list[str], message: str) -> None:
    with pytest.raises(BadInput, match=re.escape(message)):
        refuse_unknown_names(arguments)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--metrics", "rain_effect_pct"],
        ["--metrics=total_trips,snow_effect_low_pct", "--group-by", "metric_time__month"],
        ["--metrics", "cold_effect_high_pct", "--group-by", "weather_effect__trip_type"],
        ["--metrics", "adverse_effect_pct", "--group-by", "metric_time__year,weather_effect__trip_type"],
        ["--metrics", "heat_effect_pct", "--month", "2024-01"],
    ],
)
def test_a_mean_of_the_effects_of_several_months_or_modes_is_refused_with_how_to_ask(arguments: list[str]) -> None:
    expected = "of one mode and one month.* add --group-by metric_time__month,weather_effect__trip_type; .*_pooled.csv"
    with pytest.raises(BadInput, match=expected):
        refuse_mean_of_effects(["query", *arguments])


@pytest.mark.parametrize(
    "arguments",
    [
        ["--metrics", "rain_effect_pct", "--group-by", "metric_time__month,weather_effect__trip_type"],
        ["--metrics", "rain_effect_pct", "--group-by=weather_effect__trip_type", "--month", "2024-01"],
        ["--metrics", "total_trips,rain_impact_on_trips"],
    ],
)
def test_effects_of_one_month_and_mode_and_other_metrics_are_queried(arguments: list[str]) -> None:
    refuse_mean_of_effects(["query", *arguments])


TRIPS, EFFECT = ("query", "--metrics", "total_trips"), ("query", "--metrics", "rain_effect_pct")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (
            (*TRIPS, "--start-time", "2024-01-01", "--end-time=2024-03-31"),
            [
                *(*TRIPS, "--where", "{{ TimeDimension('metric_time', 'day') }} >= '2024-01-01'"),
                *("--where", "{{ TimeDimension('metric_time', 'day') }} <= '2024-03-31'"),
            ],
        ),
        (
            (*EFFECT, "--end-time", "2024-02-29"),
            [*EFFECT, "--where", "{{ TimeDimension('metric_time', 'month') }} <= '2024-02-29'"],
        ),
        (("list", "dimension-values", "--end-time", "2024-01-01"),) * 2,
    ],
)
def test_the_last_day_of_a_query_counts_as_a_whole(arguments: tuple[str, ...], expected: list[str]) -> None:
    assert with_whole_days(arguments) == list(expected)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((*TRIPS, "--end-time", "2024-03-31T23:59:59"), "--end-time '2024-03-31T23:59:59': not a day; write it as"),
        ((*EFFECT, "--start-time", "2024-01-15"), "2024-01-15: an effect is of a month; expected 2024-01-01"),
    ],
)
def test_a_bound_of_a_query_that_is_no_day_is_refused(arguments: tuple[str, ...], message: str) -> None:
    with pytest.raises(BadInput, match=re.escape(message)):
        with_whole_days(arguments)
