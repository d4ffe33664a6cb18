"""Requests over real HTTP on loopback: which errors are retried, and what a missing file is."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from pipeline.errors import Refused, Unreachable
from pipeline.ingest.http import (
    RetryPolicy,
    head,
    request,
    retry,
    session,
)
from pipeline.sample.server import Fault, Upstream, serve

POLICY = RetryPolicy(
    attempts=3, first_wait_s=0.01, max_wait_s=1, response_timeout_s=4, read_timeout_s=2, least_kb_per_s=50
)
FILE = "trips.csv"


@pytest.fixture
def upstream(tmp_path: Path) -> Iterator[Upstream]:
    (tmp_path / FILE).write_text("trips")
    with serve(tmp_path) as server:
        yield server


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that are waited between attempts; the time itself is saved."""
    waited: list[float] = []
    monkeypatch.setattr("tenacity.nap.time.sleep", waited.append)
    return waited


def ask(upstream: Upstream, path: str = FILE) -> bool:
    return head(f"{upstream.url}/{path}", upstream.url, POLICY) is not None


def test_a_file_is_found_with_its_validators(upstream: Upstream) -> None:
    response = head(f"{upstream.url}/{FILE}", upstream.url, POLICY)
    assert response is not None and response.headers["Content-Length"] == "5"
    known = {"If-None-Match": response.headers["ETag"]}
    again = head(f"{upstream.url}/{FILE}", upstream.url, POLICY, known)
    assert again is not None and again.status_code == 304


def test_a_missing_file_is_none_and_is_asked_for_once(upstream: Upstream) -> None:
    assert not ask(upstream, "missing.csv")
    assert len(upstream.requests) == 1


def test_the_wait_doubles_from_attempt_to_attempt_and_each_is_logged(
    upstream: Upstream, waits: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    upstream.faults = [Fault(FILE, first=2, status=503)]
    with caplog.at_level(logging.WARNING):
        assert ask(upstream)
    assert waits == [pytest.approx(0.01, rel=0.26), pytest.approx(0.02, rel=0.26)]
    assert [message.split(";")[1][:20] for message in caplog.messages] == [
        " attempt 2 of 3 in 0",
        " attempt 3 of 3 in 0",
    ]


@pytest.mark.parametrize(("retry_after", "wait"), [("0.7", 0.7), ("3600", 1), ("-5", 0)])
def test_the_wait_that_the_publisher_asks_for_is_respected_up_to_the_limit(
    upstream: Upstream, waits: list[float], retry_after: str, wait: float
) -> None:
    upstream.faults = [Fault(FILE, first=1, status=429, retry_after=retry_after)]
    assert ask(upstream)
    assert waits == [wait]


def test_the_wait_may_be_asked_for_as_a_date(upstream: Upstream, waits: list[float]) -> None:
    at = format_datetime(datetime.now(UTC) + timedelta(minutes=5), usegmt=True)
    upstream.faults = [Fault(FILE, first=1, status=503, retry_after=at)]
    assert ask(upstream)
    assert waits == [POLICY.max_wait_s]


def test_a_wait_that_cannot_be_read_is_that_of_the_policy(upstream: Upstream, waits: list[float]) -> None:
    upstream.faults = [Fault(FILE, first=1, status=503, retry_after="soon")]
    assert ask(upstream)
    assert waits == [pytest.approx(0.01, rel=0.26)]


def test_too_many_requests_are_waited_for_a_minute(upstream: Upstream, waits: list[float]) -> None:
    upstream.faults = [Fault(FILE, first=1, status=429)]
    patient = replace(POLICY, max_wait_s=120)
    retry(upstream.url, patient, lambda: request("HEAD", f"{upstream.url}/{FILE}", patient))
    assert waits == [60]


def test_errors_at_every_attempt_are_unreachable(upstream: Upstream) -> None:
    upstream.faults = [Fault(status=503)]
    with pytest.raises(Unreachable, match=rf"{FILE}: status 503 .* in the last of 3 attempts"):
        ask(upstream)
    assert len(upstream.requests) == 3


def test_a_host_without_a_server_is_unreachable_with_the_innermost_reason() -> None:
    with pytest.raises(Unreachable, match=r"no response \(.*refused"):
        head("http://127.0.0.1:1/trips.csv", "http://127.0.0.1:1", POLICY)


def test_a_forbidden_file_is_missing_but_a_host_that_forbids_everything_refuses(upstream: Upstream) -> None:
    upstream.faults = [Fault(FILE, status=403)]
    assert not ask(upstream)
    upstream.faults = [Fault(status=403)]
    with pytest.raises(Refused, match=r"127\.0\.0\.1 refuses every request \(403 .*\), not only for this file"):
        ask(upstream)


def test_a_forbidden_file_of_a_host_that_has_trouble_is_unreachable(upstream: Upstream) -> None:
    upstream.faults = [Fault(FILE, status=403), Fault("", status=503)]
    with pytest.raises(Unreachable, match=r"csv: is refused \(403\), and \S+/: status 503 .* of 3 attempts; run again"):
        ask(upstream)


@pytest.mark.parametrize(
    ("status", "reason"), [(204, "No Content"), (304, "Not Modified"), (405, "Method Not Allowed")]
)
def test_any_other_status_is_refused_with_its_reason(upstream: Upstream, status: int, reason: str) -> None:
    upstream.faults = [Fault(FILE, status=status)]
    with pytest.raises(Refused, match=rf"{FILE}: status {status} \({reason}\) instead of 200 \(OK\); run again later"):
        ask(upstream)


@pytest.mark.parametrize("host", ["example.org", "127.0.0.1.example.org", "localhost.example.org"])
def test_plain_http_is_refused_for_any_other_host(host: str) -> None:
    with pytest.raises(Refused, match="plain http is allowed for this machine only"):
        head(f"http://{host}/{FILE}", f"http://{host}", POLICY)


def test_an_invalid_address_is_refused_and_not_retried() -> None:
    attempts: list[int] = []

    def attempt() -> object:
        attempts.append(1)
        return request("GET", "ftp://host/trips.csv", POLICY)

    with pytest.raises(Refused, match=r"ftp://host/trips\.csv: cannot be requested"):
        retry("ftp://host/trips.csv", POLICY, attempt)  # type: ignore[arg-type]
    assert len(attempts) == 1


RAW = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    ("raw", "kind", "message"),
    [
        (b"", Unreachable, "no response"),
        (b"\x00\xff\r\n\r\n", Unreachable, "no response"),
        (RAW + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nx", Unreachable, "no response .*Content-Length"),
        (RAW + b"X: y\r\n" * 200 + b"\r\n", Unreachable, "no response .*headers"),
        (b"HTTP/1.1 302 F\r\nLocation: /trips.csv\r\n\r\n", Refused, "cannot be requested .*redirects"),
        (b"HTTP/1.1 302 F\r\nLocation: file:///etc/passwd\r\n\r\n", Refused, "cannot be requested .*file:///"),
        (
            b"HTTP/1.1 302 F\r\nLocation: http://b.org/\r\n\r\n",
            Refused,
            r"trips\.csv: .*//b\.org/: plain http is allowed",
        ),
        (b"HTTP/1.1 302 F\r\nLocation: http://[\r\n\r\n", Unreachable, "no response .Invalid IPv6 URL"),
        (b"HTTP/1.1 302 F\r\nLocation: \xff\xfe\r\n\r\n", Refused, "cannot be requested"),
        (b"HTTP/1.1 302 F\r\nLocation: https://\xf0\x9f\x98\x80..\r\n\r\n", Refused, "cannot be requested"),
        (b"HTTP/1.1 999 \x1b[2J\r\n\r\n", Refused, r"status 999 \(.x1b\[2J\) instead of 200"),
    ],
    ids=range(11),
)
def test_an_answer_that_cannot_be_read_is_an_error_of_the_project(
    upstream: Upstream, raw: bytes, kind: type[Exception], message: str
) -> None:
    upstream.faults = [Fault(FILE, raw=raw)]
    with pytest.raises(kind, match=message):
        ask(upstream)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(FILE, raw=RAW + b"X: " + b"x" * 100, bytes_per_second=20),
        Fault(FILE, raw=b"HTTP/1.1 302 F\r\nLocation: /trips.csv\r\n\r\n", pause=0.2),
    ],
    ids=["headers that come by the byte", "redirects that take long"],
)
@pytest.mark.parametrize("method", ["HEAD", "GET"])
def test_a_response_whose_headers_take_too_long_is_given_up(upstream: Upstream, fault: Fault, method: str) -> None:
    upstream.faults = [fault]
    hasty = replace(POLICY, attempts=2, response_timeout_s=0.4)
    with pytest.raises(
        Unreachable,
        match=r"csv: no response \(its headers did not arrive in 0\.4 s, response_timeout_s of \[download\] in luigi"
        r"\.cfg\), also in the last of 2 attempts; run again later",
    ):
        retry(f"{upstream.url}/{FILE}", hasty, lambda: request(method, f"{upstream.url}/{FILE}", hasty))
    upstream.faults = []
    assert ask(upstream)


def test_a_process_has_one_session_that_asks_for_files_as_they_are_stored() -> None:
    assert session() is session()
    assert session().headers["Accept-Encoding"] == "identity"
