"""Whether a file is of its source's format."""

import json
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import BadFile
from pipeline.ingest.formats import check_format, read_weather, reason_in
from pipeline.sources import sources


def hostile_json() -> st.SearchStrategy[bytes]:
    """JSON documents in the shape of the archive's answers, with other values at each place."""
    scalars = st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5)
    values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner))
    hours = st.lists(st.sampled_from(["2024-01-01T00:00", "2024-01-01T01:00", "2024-13-01T00:00"]) | values, max_size=3)
    hourly = st.fixed_dictionaries({"time": hours | values, "rain": st.lists(scalars, max_size=3) | values}) | values
    return st.fixed_dictionaries({"hourly": hourly}, optional={"error": values, "reason": values}).map(
        lambda answer: json.dumps(answer).encode()
    )


def check(source: str, content: bytes, folder: Path) -> None:
    (folder / "file").write_bytes(content)
    check_format(sources()[source], folder / "file", "2024-01")


def zipped(folder: Path) -> bytes:
    with zipfile.ZipFile(folder / "a.zip", "w") as archive:
        archive.writestr("a.csv", "a,b\n" * 1000)
    return (folder / "a.zip").read_bytes()


@pytest.mark.parametrize(
    ("source", "content"),
    [
        ("green_taxi", b"PAR1 columns PAR1"),
        ("weather", b'{"hourly": {"time": ["2024-01-01T00:00"], "rain": [null]}}'),
        ("taxi_zones", b'"LocationID","Borough"'),
    ],
)
def test_a_file_of_the_format_is_accepted(source: str, content: bytes, tmp_path: Path) -> None:
    check(source, content, tmp_path)


def test_a_complete_archive_is_accepted_and_one_that_is_truncated_is_refused(tmp_path: Path) -> None:
    content = zipped(tmp_path)
    check("citibike", content, tmp_path)
    with pytest.raises(BadFile, match=r"2024-01: expected a complete zip file, found one that is truncated"):
        check("citibike", content[:-30], tmp_path)


@pytest.mark.parametrize(
    ("source", "content", "message"),
    [
        (
            "green_taxi",
            b"\n\n<!DOCTYPE html><title>Sorry</title>",
            r"found an HTML page .*Sorry",
        ),
        (
            "green_taxi",
            b"<Error><Code>SlowDown</Code></Error>",
            r"found an XML error .*SlowDown",
        ),
        ("taxi_zone_polygons", b"<html></html>", r"expected a zip file, found an HTML page"),
        ("green_taxi", b"PAR1" + b"x" * 5000, "one that is truncated"),
        ("green_taxi", b"GIF89a", "begins with b'GIF8', not with b'PAR1'"),
        ("green_taxi", b"", "found one that is empty"),
        ("taxi_zones", b"\n", "found an empty one"),
        ("green_taxi", b'{"message": "Slow\\u001b[2J down"}', r"found an error as JSON \(Slow.x1b\[2J down\)"),
        ("weather", b"not JSON", "expected JSON"),
        ("weather", b"[1, 2]", "expected a JSON object, found a list"),
        ("weather", b'{"error": true, "reason": "too much"}', r"the archive reports an error \(too much\)"),
        ("weather", b'{"daily": {}}', r"the archive reports an error \(no hourly data\)"),
    ],
)
def test_any_other_file_is_refused_with_what_it_is(source: str, content: bytes, message: str, tmp_path: Path) -> None:
    with pytest.raises(BadFile, match=message):
        check(source, content, tmp_path)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ("[" * 100_000, "found other content .it is nested too deeply"),
        ('{"a":' * 100_000 + "1" + "}" * 100_000, "found other content .it is nested too deeply"),
        ('{"hourly": {"rain": [NaN, 1]}}', "found other content .NaN is no value of JSON"),
        ('{"latitude": -nan}', "found other content .Expecting value at '-nan}', character 13"),
        (
            '{"hourly": {"rain": ["\\ud800", 1]}}',
            "found other content .it has bytes or characters",
        ),
        (
            '{"latitude": ' + "9" * 5000 + "}",
            "content .a number has 5,000 digits, expected at most 100",
        ),
        ('{"hourly": "', "found other content .Unterminated string starting at '\"', character 11"),
        ('{"hourly": {"rain": [], "rain": []}}', "found other content .an object has a name twice"),
        ("\ufeff{}", "found other content .it begins with a byte order mark"),
        ('{"hourly": []}', "hourly is a list, expected an object of lists"),
        ('{"hourly": {"time": null}}', "expected a list of time, found null"),
        ('{"hourly": {"rain": [1, []]}}', "expected values of rain, found a list among them"),
        ('{"hourly": {"rain": [1, true]}}', "expected values of rain, found a boolean among them"),
    ],
    ids=range(13),
)
def test_weather_without_a_list_of_values_for_each_variable_is_refused(
    answer: str, message: str, tmp_path: Path
) -> None:
    with pytest.raises(BadFile, match=f"^2024-01: .*{message}.*$"):
        check("weather", answer.encode(), tmp_path)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"error": true, "reason": "Hourly limit exceeded"}', "Hourly limit exceeded"),
        (b'{"message": "Forbidden"}', "Forbidden"),
        (b"<html><head><TITLE>\n Too busy </TITLE>", "Too busy"),
        (b"<Error><Code>SlowDown</Code><Message>no</Message></Error>", "SlowDown"),
        (b'{"reason": 5}', ""),
        (b"{" * 100_000, ""),
        (b"\x00\xff", ""),
        (b"", ""),
    ],
)
def test_the_reason_that_a_publisher_states_is_found(body: bytes, reason: str) -> None:
    assert reason_in(body) == reason


@given(content=hostile_json() | st.binary())
def test_any_answer_of_the_archive_is_read_or_refused(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "answer.json"
    path.write_bytes(content)
    try:
        assert all(isinstance(values, list) for values in read_weather(path, "2024-01")["hourly"].values())
    except BadFile as error:
        assert str(error).isprintable()
