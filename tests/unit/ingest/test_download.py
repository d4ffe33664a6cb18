"""Downloads over HTTP on loopback, with faults that publishers have had."""

import dataclasses
import gzip
import hashlib
import os
import traceback
import zipfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from pipeline.errors import BadFile, NoSpace, Refused, Unreachable
from pipeline.ingest import download, http
from pipeline.ingest.http import RetryPolicy
from pipeline.results import Landed
from pipeline.sample.server import Fault, Upstream, serve
from pipeline.sources import Source, sources

MONTH = date(2024, 1, 1)
PATH = "trip-data/green_tripdata_2024-01.parquet"
POLICY = RetryPolicy(
    attempts=3, first_wait_s=0.01, max_wait_s=0.05, response_timeout_s=4, read_timeout_s=2, least_kb_per_s=50
)
CONTENT = b"PAR1" + os.urandom(5_000_000) + b"PAR1"


@pytest.fixture
def upstream(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Upstream]:
    (tmp_path / "upstream/trip-data").mkdir(parents=True)
    (tmp_path / "upstream" / PATH).write_bytes(CONTENT)
    with serve(tmp_path / "upstream") as server:
        monkeypatch.setenv("TLC_URL", server.url)
        monkeypatch.setenv("OPEN_METEO_URL", server.url)
        monkeypatch.setenv("CITIBIKE_URL", f"{server.url}/tripdata")
        yield server


@pytest.fixture
def green() -> Source:
    return sources()["green_taxi"]


def fetch(source: Source, folder: Path, month: date = MONTH) -> Landed:
    found = download.published_at(source, month, POLICY)
    assert found
    return download.fetch(source, found[0], folder / "landed", folder / "part", POLICY, lambda done, total: None)


def gets(upstream: Upstream) -> list[tuple[int, str | None]]:
    return [(request.status, request.range) for request in upstream.requests if request.method == "GET"]


def test_a_file_is_stored_byte_for_byte_with_its_provenance(upstream: Upstream, green: Source, tmp_path: Path) -> None:
    landed = fetch(green, tmp_path)
    assert (tmp_path / "part").read_bytes() == CONTENT
    assert landed.sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert landed.bytes == len(CONTENT)
    assert landed.url == f"{upstream.url}/{PATH}"
    assert landed.etag and landed.last_modified


def test_a_broken_connection_is_resumed_where_it_broke(upstream: Upstream, green: Source, tmp_path: Path) -> None:
    upstream.faults = [Fault(PATH, first=2, cut=True)]  # the first request is the HEAD
    landed = fetch(green, tmp_path)
    assert (tmp_path / "part").read_bytes() == CONTENT
    assert landed.sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert [status for status, _ in gets(upstream)] == [200, 206]
    again = gets(upstream)[1][1]
    assert again and len(CONTENT) // 4 < int(again.removeprefix("bytes=").rstrip("-")) <= len(CONTENT) // 2


def test_a_file_replaced_during_the_download_is_downloaded_from_the_start(
    upstream: Upstream, green: Source, tmp_path: Path
) -> None:
    upstream.faults = [Fault(PATH, first=2, cut=True)]
    newer = b"PAR1" + b"x" * 100 + b"PAR1"

    def reissue(done: int, total: int) -> None:
        (upstream.root / PATH).write_bytes(newer)

    url = f"{upstream.url}/{PATH}"
    assert http.head(url, upstream.url, POLICY) is not None
    landed = download.fetch(green, url, tmp_path / "landed", tmp_path / "part", POLICY, reissue)
    assert (tmp_path / "part").read_bytes() == newer
    assert landed.sha256 == hashlib.sha256(newer).hexdigest()


def test_a_server_without_range_requests_sends_the_complete_file_again(
    upstream: Upstream, green: Source, tmp_path: Path
) -> None:
    upstream.faults = [Fault(PATH, first=2, cut=True), Fault(PATH, ignore_range=True)]
    landed = fetch(green, tmp_path)
    assert (tmp_path / "part").read_bytes() == CONTENT
    assert landed.sha256 == hashlib.sha256(CONTENT).hexdigest()


SIZE = len(CONTENT)
HALF = SIZE // 2


def answer(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    """A whole answer of HTTP, after which the connection closes."""
    return "\r\n".join([f"HTTP/1.1 {status}", "Connection: close", *headers, "", ""]).encode() + body


@pytest.mark.parametrize(
    ("first", "headers"),
    [
        (0, [f"Content-Range: bytes 0-{SIZE - 1}/{SIZE}"]),
        (0, []),
        (HALF, ["Content-Range: bytes"]),
        (HALF - 1000, [f"Content-Range: bytes {HALF - 1000}-{SIZE - 1}/{SIZE}"]),
        (HALF, [f"Content-Range: bytes {HALF}-{SIZE - 1}/{SIZE + 1}"]),
        (HALF, [f"Content-Range: bytes {HALF}-{SIZE - 1}/*"]),
        (HALF, [f"Content-Range: bytes {HALF}-{SIZE - 1}/{SIZE}", 'ETag: "another"']),
        (HALF, [f"Content-Range: bytes {HALF}-{SIZE - 1}/{SIZE}", "Content-Length: 10"]),
        (HALF, [f"Content-Range: bytes {HALF}-{HALF + 999}/{SIZE}", "Content-Length: 1000"]),
        (HALF, [f"Content-Range: bytes {HALF}-{SIZE - 1}/{SIZE}", "Content-Encoding: gzip"]),
    ],
    ids=range(10),
)
def test_a_part_that_is_not_the_missing_one_is_not_appended(
    upstream: Upstream, green: Source, tmp_path: Path, first: int, headers: list[str]
) -> None:
    part = answer(CONTENT[first:], *headers, status="206 Partial Content")
    upstream.faults = [
        Fault(PATH, method="GET", first=1, cut=True),
        Fault(PATH, method="GET", first=1, raw=part),
    ]
    landed = fetch(green, tmp_path)
    assert (tmp_path / "part").read_bytes() == CONTENT
    assert landed.sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert gets(upstream)[2:] == [(200, None)], "the whole file is asked for at once"


@pytest.mark.parametrize(
    "raw",
    [
        answer(b"", status="416 Range Not Satisfiable"),
        answer(CONTENT, f"Content-Range: bytes 0-{SIZE - 1}/{SIZE}", status="206 Partial Content"),
        answer(CONTENT, "Content-Length: abc"),
        answer(CONTENT, f"Content-Length: -{SIZE}"),
        answer(CONTENT, f"Content-Length: {SIZE}", "Content-Encoding: gzip"),
        answer(CONTENT[:HALF], f"Content-Length: {SIZE}"),
        answer(b"5\r\nPAR1", "Transfer-Encoding: chunked"),
        answer(b"zzz\r\n", "Transfer-Encoding: chunked"),
    ],
    ids=range(8),
)
def test_an_answer_whose_body_is_not_what_its_headers_say_is_asked_for_again(
    upstream: Upstream, green: Source, tmp_path: Path, raw: bytes
) -> None:
    upstream.faults = [Fault(PATH, method="GET", first=1, raw=raw)]
    assert fetch(green, tmp_path).sha256 == hashlib.sha256(CONTENT).hexdigest()
    upstream.faults = [Fault(PATH, method="GET", raw=raw)]
    with pytest.raises(Unreachable, match="also in the last of 3 attempts; run again later"):
        fetch(green, tmp_path)


def test_a_body_that_is_compressed_on_the_way_is_stored_as_published(
    upstream: Upstream, green: Source, tmp_path: Path
) -> None:
    packed = gzip.compress(CONTENT)
    headers = f"Content-Length: {len(packed)}", "Content-Encoding: gzip", 'ETag: "packed"'
    upstream.faults = [Fault(PATH, method="GET", raw=answer(packed, *headers))]
    landed = fetch(green, tmp_path)
    assert (tmp_path / "part").read_bytes() == CONTENT
    assert (landed.bytes, landed.sha256) == (SIZE, hashlib.sha256(CONTENT).hexdigest())


@pytest.mark.parametrize(
    ("body", "stated"),
    [
        (b'{"error": true, "reason": "Daily limit exceeded"}', ": Daily limit exceeded"),
        (b"<title>Too busy</title>", ": Too busy"),
        (b'{"reason": ' + b"[" * 100_000, ""),
        (b"[1]", ""),
    ],
    ids=range(4),
)
def test_the_reason_that_the_publisher_states_is_quoted(
    upstream: Upstream, green: Source, tmp_path: Path, body: bytes, stated: str
) -> None:
    upstream.faults = [Fault(PATH, method="GET", raw=answer(body, status="404 Not Found"))]
    with pytest.raises(Refused, match=rf"status 404 \(Not Found{stated}\); run again later"):
        fetch(green, tmp_path)
    upstream.faults = [Fault(PATH, method="GET", raw=answer(body, status="503 Slow Down"))]
    with pytest.raises(Unreachable, match=rf"status 503 \(Slow Down{stated}\), also in the last of 3 attempts"):
        fetch(green, tmp_path)


def test_malformed_validators_are_not_recorded(upstream: Upstream, green: Source, tmp_path: Path) -> None:
    headers = 'ETag: "a\r\n b"', "Last-Modified: yesterday"
    upstream.faults = [Fault(PATH, method="GET", raw=answer(CONTENT, *headers))]
    landed = fetch(green, tmp_path)
    assert (landed.etag, landed.last_modified) == ("", "")


def test_a_token_in_an_address_is_neither_recorded_nor_printed(
    upstream: Upstream, green: Source, tmp_path: Path
) -> None:
    signed = dataclasses.replace(green, urls=(f"{green.urls[0]}?token=secret",))
    assert fetch(signed, tmp_path).url == f"{upstream.url}/{PATH}?token=***"
    assert upstream.requests[-1].path.endswith("?token=secret")
    upstream.faults = [Fault(PATH, method="GET", raw=answer(b"", status="404 Not Found"))]
    with pytest.raises(Refused) as refused:
        fetch(signed, tmp_path)
    assert "secret" not in str(refused.value) + "".join(traceback.format_exception(refused.value))


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_transient_status_is_retried(upstream: Upstream, green: Source, tmp_path: Path, status: int) -> None:
    upstream.faults = [Fault(PATH, first=2, status=status)]
    fetch(green, tmp_path)
    assert [status for status, _ in gets(upstream)] == [200]


def test_a_missing_file_is_not_published_yet(
    upstream: Upstream, green: Source, caplog: pytest.LogCaptureFixture
) -> None:
    month = date.today().replace(day=1)
    assert download.published_at(green, month, POLICY) is None
    assert caplog.messages == []


def test_a_missing_file_that_is_usually_published_by_now_is_late(
    upstream: Upstream, green: Source, caplog: pytest.LogCaptureFixture
) -> None:
    assert download.published_at(green, date(2024, 2, 1), POLICY) is None
    (line,) = caplog.messages
    assert caplog.records[0].levelname == "WARNING"
    assert line == (
        "2024-02 green_taxi: late: the publisher answers 403 or 404 for "
        f"{upstream.url}/trip-data/green_tripdata_2024-02.parquet, but usually publishes the month by 2024-05-17 "
        "(lag_days in config/sources/green_taxi.yaml); run again later, and if it stays late, look for another name of "
        "the file at "
        "https://www.nyc.gov/site/tlc/about/tlc-trip-record-data.page"
    )


def test_a_name_with_a_blank_is_found(upstream: Upstream, tmp_path: Path) -> None:
    (upstream.root / "tripdata").mkdir()
    with zipfile.ZipFile(upstream.root / "tripdata/JC-201708 citibike-tripdata.csv.zip", "w") as archive:
        archive.writestr("rides.csv", "ride_id")
    landed = fetch(sources()["citibike_jc"], tmp_path, date(2017, 8, 1))
    assert landed.url == f"{upstream.url}/tripdata/JC-201708%20citibike-tripdata.csv.zip"
    assert download.suffix(sources()["citibike_jc"], landed.url) == ".csv.zip"


def test_a_year_archive_is_found_where_the_month_has_no_file(upstream: Upstream) -> None:
    (upstream.root / "tripdata").mkdir()
    (upstream.root / "tripdata/2023-citibike-tripdata.zip").write_bytes(b"PK")
    found = download.published_at(sources()["citibike"], date(2023, 5, 1), POLICY)
    assert found == (f"{upstream.url}/tripdata/2023-citibike-tripdata.zip", "2023")


def test_a_file_larger_than_the_limit_is_refused_before_it_is_downloaded(
    upstream: Upstream, green: Source, tmp_path: Path
) -> None:
    with pytest.raises(BadFile, match=r"5,000,008 bytes, expected at most 1,000 \(max_bytes in config"):
        fetch(dataclasses.replace(green, max_bytes=1000), tmp_path)
    assert not (tmp_path / "part").exists()


def test_too_little_disk_space_is_reported_before_the_download(
    upstream: Upstream, green: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = os.statvfs(tmp_path)
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 10, "total": full.f_blocks})())
    with pytest.raises(NoSpace, match="needs 5,000,008 bytes, 10 are free"):
        fetch(green, tmp_path)


def test_an_archive_that_reports_an_error_with_status_200_is_refused(upstream: Upstream, tmp_path: Path) -> None:
    upstream.faults = [Fault("v1/archive", body=b'{"error": true, "reason": "too much"}')]
    with pytest.raises(BadFile, match=r"the archive reports an error \(too much\)"):
        fetch(sources()["weather"], tmp_path)


def test_status_400_is_an_error_with_the_publishers_reason(upstream: Upstream, tmp_path: Path) -> None:
    wrong = dataclasses.replace(sources()["weather"], urls=("{base}/v1/archive?latitude=1",))
    with pytest.raises(Refused, match=r"status 400 \(Bad Request: .+\); check urls in config/sources/weather.yaml"):
        fetch(wrong, tmp_path)


def test_weather_is_published_once_the_archive_has_the_complete_month() -> None:
    weather, today = sources()["weather"], date.today()
    assert download.is_settled(weather, date(2024, 1, 1))
    assert not download.is_settled(weather, today.replace(day=1))
