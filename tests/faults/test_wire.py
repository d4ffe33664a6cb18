"""Answers of HTTP that are not what they say, and any bytes instead of one: a file as published, or one line."""

import logging
import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import MobilityError
from pipeline.ingest import download
from pipeline.ingest.http import RetryPolicy
from pipeline.sample.server import Fault, Upstream, serve
from pipeline.sources import sources
from tests.conftest import Workspace

GREEN = "trip-data/green_tripdata_2024-01.parquet"
JANUARY = date(2024, 1, 1)
OF_REQUESTS = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    max_examples=settings().max_examples // 2,
)
"""An example takes 50 to 250 ms (2026-11)."""
ONCE = RetryPolicy(attempts=2, first_wait_s=0, max_wait_s=0, response_timeout_s=2, read_timeout_s=1, least_kb_per_s=50)
CONTENT = b"PAR1" + bytes(range(256)) * 10 + b"PAR1"


def answer(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", *headers, "", ""]).encode("latin-1") + body


@pytest.fixture(scope="module")
def publisher(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Upstream]:
    root = tmp_path_factory.mktemp("upstream")
    (root / "trip-data").mkdir()
    (root / GREEN).write_bytes(CONTENT)
    with serve(root) as upstream:
        yield upstream


TEXT = st.text(st.characters(codec="latin-1", exclude_characters="\r\n"), max_size=20)
NUMBERS = st.sampled_from(["0", "1", "1284", "2568", "2567", "-1", "abc", "99999999999999999999", "5, 5", ""])
RANGES = st.builds(
    "{} {}-{}/{}".format, st.sampled_from(["bytes", "lines", ""]), NUMBERS, NUMBERS, NUMBERS | st.just("*")
)
VALUES = {
    "Content-Length": NUMBERS,
    "Content-Range": RANGES,
    "Content-Encoding": st.sampled_from(["gzip", "deflate", "br", "identity", "gzip, gzip"]),
    "Transfer-Encoding": st.sampled_from(["chunked", "gzip", "chunked, chunked"]),
    "ETag": st.sampled_from(['"a"', 'W/"a"', "a"]),
    "Last-Modified": st.sampled_from(["Mon, 01 Jan 2024 00:00:00 GMT", "Mon, 99 Jan 99999 00:00:00 GMT"]),
    "Location": st.sampled_from(
        [f"/{GREEN}", "//", "http://[", "https://user:pw@127.0.0.1:1/", "file:///a", "?", "\xff"]
    ),
    "Retry-After": NUMBERS,
    "Set-Cookie": TEXT,
    "Content-Type": TEXT,
    "Connection": st.sampled_from(["close", "keep-alive", "Upgrade"]),
}
HEADERS = st.sampled_from(sorted(VALUES)).flatmap(
    lambda name: st.builds(f"{name}: {{}}".format, VALUES[name] | TEXT)
) | st.builds("{}: {}".format, TEXT, TEXT)
STATUSES = st.sampled_from(
    [
        "200 OK",
        "206 Partial Content",
        "302 Found",
        "304 Not Modified",
        "403 Forbidden",
        "404 Not Found",
        "416 Range",
        "503",
    ]
) | st.builds("{} {}".format, st.integers(-1, 1000), TEXT)
BODIES = st.sampled_from(
    [
        CONTENT,
        CONTENT[1284:],
        b"",
        b"a08\r\n" + CONTENT + b"\r\n0\r\n\r\n",
        b"ffffffffff\r\n",
        b'{"reason": "a"}',
        b"<title>\x1b",
    ]
) | st.binary(max_size=50)
ANSWERS = st.builds(
    lambda status, headers, body: answer(body, *headers, status=status), STATUSES, st.lists(HEADERS, max_size=5), BODIES
) | st.binary(max_size=60)


@given(first=ANSWERS, second=ANSWERS, cut=st.booleans())
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    max_examples=settings().max_examples * 2 // 3,
)
def test_any_answer_gives_the_published_file_or_an_error_of_the_project(
    publisher: Upstream, tmp_path: Path, first: bytes, second: bytes, cut: bool
) -> None:
    source, url = sources()["green_taxi"], f"{publisher.url}/{GREEN}"
    publisher.faults = [
        *([Fault(GREEN, first=1, cut=True)] if cut else []),
        Fault(GREEN, first=1, raw=first),
        Fault(GREEN, first=1, raw=second),
    ]
    try:
        landed = download.fetch(source, url, tmp_path / "a", tmp_path / "part", ONCE, lambda done, total: None)
    except MobilityError as error:
        assert str(error).isprintable()
    else:
        stored = (tmp_path / "part").read_bytes()
        assert stored == CONTENT or stored in first or stored in second, "never parts of two answers"
        assert landed.bytes == len(stored)


@given(raw=ANSWERS)
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    max_examples=settings().max_examples // 2,
)
def test_any_answer_to_the_question_for_a_month_is_yes_or_no_or_an_error_of_the_project(
    publisher: Upstream, monkeypatch: pytest.MonkeyPatch, raw: bytes
) -> None:
    monkeypatch.setenv("TLC_URL", publisher.url)
    logging.disable(logging.ERROR)
    publisher.faults = [Fault(raw=raw)]
    try:
        found = download.published_at(sources()["green_taxi"], JANUARY, ONCE)
    except MobilityError as error:
        assert str(error).isprintable()
    else:
        assert found in (None, (f"{publisher.url}/{GREEN}", "2024-01"))
    finally:
        logging.disable(logging.NOTSET)


def downloaded(workspace: Workspace, *faults: Fault) -> tuple[int, str]:
    """The exit code and the errors of a run that downloads and converts the month."""
    workspace.upstream.faults = [*faults]
    ended = workspace.luigi("Convert", "--source", "green_taxi", "--month", "2024-01")
    assert "Traceback" not in ended.stderr
    return ended.returncode, "\n".join(re.findall(r".* (?:ERROR|WARNING) .*", ended.stderr))


def of_another_file(content: bytes) -> bytes:
    return answer(
        content[100:], f"Content-Range: bytes 100-{len(content) - 1}/{len(content)}", status="206 Partial Content"
    )


def test_a_part_that_begins_elsewhere_is_not_appended(workspace: Workspace) -> None:
    content = (workspace.upstream.root / GREEN).read_bytes()
    code, _ = downloaded(
        workspace,
        Fault(GREEN, method="GET", first=1, cut=True),
        Fault(GREEN, method="GET", first=1, raw=of_another_file(content)),
    )
    assert code == 0
    assert (workspace.data / "landing/green_taxi/2024-01.parquet").read_bytes() == content


@pytest.mark.parametrize(
    ("faults", "code", "line"),
    [
        (
            lambda: [Fault(GREEN, status=403)],
            20,
            "2024-01 green_taxi: late: the publisher answers 403 or 404 for http",
        ),
        (
            lambda: [Fault("*", status=403)],
            35,
            "127.0.0.1 refuses every request (403 Forbidden), not only for this file; it may have had too many",
        ),
        (
            lambda: [Fault(GREEN, method="GET", raw=answer(b'{"reason": "\\u001b[2JDaily limit"}', status="403 No"))],
            30,
            r"status 403 (No: \x1b[2JDaily limit); run again later",
        ),
    ],
)
def test_a_refusal_is_reported_in_one_line(
    workspace: Workspace, faults: Callable[[], list[Fault]], code: int, line: str
) -> None:
    ended, errors = downloaded(workspace, *faults())
    assert ended == code
    assert line in errors and len(errors.splitlines()) == 1
    assert (" WARNING " in errors) == (code == 20), "what is not published yet is no failure"


@pytest.mark.parametrize(
    ("source", "path", "body", "line"),
    [
        (
            "green_taxi",
            GREEN,
            b'<?xml version="1.0"?><Error><Code>SlowDown</Code></Error>',
            'expected a parquet file, found an XML error ("SlowDown")',
        ),
        (
            "citibike_jc",
            "tripdata/JC-202401-citibike-tripdata.csv.zip",
            b"\n\n<!DOCTYPE html><html><head><title>Too busy</title></head></html>",
            'expected a zip file, found an HTML page ("Too busy")',
        ),
        (
            "weather",
            "v1/archive",
            b'{"error": true, "reason": "Too many requests"}',
            "the archive reports an error (Too many requests)",
        ),
    ],
)
def test_an_error_page_in_place_of_a_file_is_reported_in_one_line_and_not_stored(
    workspace: Workspace, source: str, path: str, body: bytes, line: str
) -> None:
    workspace.upstream.faults = [Fault(path, body=body)]
    ended = workspace.luigi("Convert", "--source", source, "--month", "2024-01")
    assert ended.returncode == 30 and "Traceback" not in ended.stderr
    [error] = [text for text in ended.stderr.splitlines() if " ERROR " in text]
    assert line in error
    assert not [left for left in workspace.files() if left.startswith(("parquet/", "landing/"))]


@pytest.mark.parametrize(
    ("source", "path", "status"),
    [("taxi_zones", "misc/taxi_zone_lookup.csv", 403), ("taxi_zone_polygons", "misc/taxi_zones.zip", 404)],
)
def test_a_missing_static_file_is_an_error_that_names_the_setting_to_disable_it(
    workspace: Workspace, source: str, path: str, status: int
) -> None:
    workspace.upstream.faults = [Fault(path, status=status)]
    ended = workspace.luigi("Load", "--source", source, "--month", "2011-01")
    assert ended.returncode == 35
    [line] = [text for text in ended.stderr.splitlines() if " ERROR " in text]
    assert f"{source}: {workspace.upstream.url}/{path} does not exist, and every month needs it" in line
    assert f"enabled: false in config/sources/{source}.yaml" in line
    assert "Traceback" not in ended.stderr and "not published yet" not in ended.stderr
    assert not [left for left in workspace.files() if left.startswith("landing/")]
