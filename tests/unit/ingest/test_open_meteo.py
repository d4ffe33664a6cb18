"""An answer of Open-Meteo is used only if it states what was requested."""

import json
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import BadFile
from pipeline.ingest.open_meteo import check_answer
from pipeline.sample.weather import archive_response
from pipeline.sources import sources

WEATHER = sources()["weather"]
((URL, _),) = WEATHER.urls_of(date(2024, 1, 1)).items()
ANSWER = json.dumps(archive_response(dict(parse_qsl(urlsplit(URL).query)), date(2026, 1, 1)))
Answer = dict[str, Any]


def check(answer: Any, folder: Path) -> None:
    path = folder / "2024-01.json"
    path.write_text(json.dumps(answer))
    check_answer(WEATHER, URL, path, "weather: 2024-01.json")


def changed(change: Callable[[Answer], Any]) -> Answer:
    answer: Answer = json.loads(ANSWER)
    change(answer)
    return answer


def test_an_answer_to_the_request_is_accepted(tmp_path: Path) -> None:
    check(json.loads(ANSWER), tmp_path)
    # The position of the grid cell for New York, 2024-01.
    check(changed(lambda answer: answer.update(latitude=40.738136, longitude=-74.04254)), tmp_path)


def test_a_variable_without_any_value_may_have_no_unit(tmp_path: Path) -> None:
    def change(answer: Answer) -> None:
        answer["hourly"]["wind_gusts_10m"] = [None] * len(answer["hourly"]["time"])
        answer["hourly_units"]["wind_gusts_10m"] = "undefined"

    check(changed(change), tmp_path)


def local_time(answer: Answer) -> None:
    answer.update(timezone="America/New_York", utc_offset_seconds=-18000)


def remove_an_hour(answer: Answer) -> None:
    for values in answer["hourly"].values():
        del values[48]


def exchange_two_hours(answer: Answer) -> None:
    times = answer["hourly"]["time"]
    times[48:50] = reversed(times[48:50])


def of_another_year(answer: Answer) -> None:
    answer["hourly"]["time"] = [time.replace("2024-", "2023-") for time in answer["hourly"]["time"]]


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (local_time, "expected timezone GMT, found America/New_York; expected utc_offset_seconds 0, found -18000"),
        (lambda answer: answer.update(utc_offset_seconds=3600), "expected utc_offset_seconds 0, found 3600"),
        (lambda answer: answer.pop("timezone"), "expected timezone GMT, found none"),
        (lambda answer: answer.update(latitude=52.52), "expected latitude 40.7128 (within 0.4°), found 52.52"),
        (lambda answer: answer.update(longitude=74.006), "expected longitude -74.0060 (within 0.4°), found 74.006"),
        (lambda answer: answer.update(latitude=float("nan")), "expected JSON, found other content (NaN is no"),
        (lambda answer: answer.update(latitude="40.7128"), "expected latitude 40.7128 (within 0.4°), found 40.7128"),
        (
            lambda answer: answer["hourly_units"].update(wind_speed_10m="km/h"),
            "expected wind_speed_10m in m/s, found km/h",
        ),
        (lambda answer: answer["hourly_units"].update(rain="inch"), "expected rain in mm, found inch"),
        (lambda answer: answer["hourly_units"].update(temperature_2m="°F"), "expected temperature_2m in °C, found °F"),
        (lambda answer: answer["hourly_units"].update(time="unixtime"), "expected time in iso8601, found unixtime"),
        (lambda answer: answer["hourly_units"].update(rain="undefined"), "expected rain in mm, found undefined"),
        (lambda answer: answer.pop("hourly_units"), "expected time in iso8601, found none; expected temperature_2m in"),
        (lambda answer: answer["hourly"].pop("snowfall"), "expected a list of snowfall, found none"),
        (
            remove_an_hour,
            "expected 816 hours (2023-12-31T00:00 to 2024-02-02T23:00), found 815 values of time",
        ),
        (exchange_two_hours, "expected the hour 2024-01-02T00:00, found 2024-01-02T01:00"),
        (of_another_year, "expected the hour 2024-01-01T00:00, found 2023-01-01T00:00"),
        (
            lambda answer: answer["hourly"]["rain"].append(0),
            "expected 816 hours (2023-12-31T00:00 to 2024-02-02T23:00), found 817 values of rain",
        ),
    ],
)
def test_another_answer_is_refused_with_both_values(change: Callable[[Answer], Any], line: str, tmp_path: Path) -> None:
    with pytest.raises(BadFile, match=re.escape(f"weather: 2024-01.json: {line}")) as refused:
        check(changed(change), tmp_path)
    assert "NaN" in line or str(refused.value).endswith("the answer is not what was requested and is not used")
    assert len(str(refused.value).splitlines()) == 1


def test_text_of_the_publisher_is_shown_without_control_characters(tmp_path: Path) -> None:
    with pytest.raises(BadFile) as refused:
        check(changed(lambda answer: answer.update(timezone="\x1b[2J\n" * 1000)), tmp_path)
    assert str(refused.value).isprintable() and len(str(refused.value)) < 300


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda values: st.lists(values) | st.dictionaries(st.text(), values),
    max_leaves=10,
)
PLACES = [(name,) for name in json.loads(ANSWER)] + [
    (part, column.name) for part in ("hourly", "hourly_units") for column in WEATHER.columns
]

UNCHECKED = ("latitude", "longitude", "elevation", "generationtime_ms", "timezone_abbreviation", "generated_by")


@given(place=st.sampled_from(PLACES), value=JSON)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_value_at_any_place_is_accepted_or_refused(place: tuple[str, ...], value: Any, tmp_path: Path) -> None:
    def change(answer: Answer) -> None:
        parent = answer
        for name in place[:-1]:
            parent = parent[name]
        parent[place[-1]] = value

    try:
        check(changed(change), tmp_path)
    except BadFile as error:
        assert len(str(error).splitlines()) == 1
    else:
        assert place[0] in UNCHECKED or value == json.loads(ANSWER)[place[0]]


@given(content=st.binary())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(BadFile):
        check_answer(WEATHER, URL, tmp_path / "a.json", "weather")
