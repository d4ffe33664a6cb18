"""Damages to the weather of generated months, and the finding that is expected for each."""

from typing import Any

from tests.integration.damages import AUGUST, JULY, NOVEMBER, OCTOBER, Damage


def a_day_without_temperature(hourly: dict[str, list[Any]]) -> None:
    hourly["temperature_2m"] = [
        None if time.startswith("2024-07-02") else value
        for time, value in zip(hourly["time"], hourly["temperature_2m"], strict=True)
    ]


def in_fahrenheit(hourly: dict[str, list[Any]]) -> None:
    hourly["temperature_2m"] = [value * 9 / 5 + 32 for value in hourly["temperature_2m"]]


def frozen(hourly: dict[str, list[Any]]) -> None:
    hourly["temperature_2m"] = [13.2 for _ in hourly["temperature_2m"]]


def in_tenths_of_millimetres(hourly: dict[str, list[Any]]) -> None:
    for name in ("precipitation", "rain"):
        hourly[name] = [value * 100 for value in hourly[name]]


WEATHER_DAMAGES = [
    Damage(
        "a day has no temperature",
        JULY,
        "weather",
        a_day_without_temperature,
        "critical",
        "every hour of the month has a temperature",
        "2024-07-02",
    ),
    Damage(
        "degrees are Fahrenheit's",
        AUGUST,
        "weather",
        in_fahrenheit,
        "critical",
        "the mean temperature is within 10 °C of the normal of its month",
        "(normally 24.5 °C)",
    ),
    Damage(
        "the thermometer is stuck",
        OCTOBER,
        "weather",
        frozen,
        "critical",
        "the standard deviation of the temperature is at least 1 °C",
        "0 (limit at least 1)",
    ),
    Damage(
        "rain is in another unit",
        NOVEMBER,
        "weather",
        in_tenths_of_millimetres,
        "warning",
        "the month has at most 500 mm of precipitation in at most 60% of its hours",
        " mm in ",
    ),
]
