"""The generated upstream answers as the publishers do, with faults on request."""

import hashlib
import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import requests

from pipeline.sample.server import Fault, Upstream, serve

FILE = "trip-data/yellow_tripdata_2024-01.parquet"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / FILE).parent.mkdir()
    (tmp_path / FILE).write_bytes(b"PAR1" + os.urandom(300_000) + b"PAR1")
    (tmp_path / "misc").mkdir()
    (tmp_path / "misc/taxi_zone_lookup.csv").write_text("LocationID\n1\n")
    return tmp_path


@pytest.fixture
def upstream(root: Path) -> Iterator[Upstream]:
    with serve(root, today=date(2024, 3, 10)) as upstream:
        yield upstream


WEATHER = {
    "latitude": "40.7128",
    "longitude": "-74.0060",
    "start_date": "2024-01-31",
    "end_date": "2024-02-01",
    "hourly": "temperature_2m,wind_speed_10m",
    "timezone": "GMT",
}


def test_weather_has_the_form_of_open_meteo(upstream: Upstream) -> None:
    answer = requests.get(f"{upstream.url}/v1/archive", WEATHER | {"wind_speed_unit": "ms"}, timeout=5).json()
    kmh = requests.get(f"{upstream.url}/v1/archive", WEATHER, timeout=5).json()
    assert answer["hourly_units"] == {"time": "iso8601", "temperature_2m": "°C", "wind_speed_10m": "m/s"}
    assert len(answer["hourly"]["time"]) == len(answer["hourly"]["temperature_2m"]) == 48
    assert answer["hourly"]["time"][0] == "2024-01-31T00:00"
    assert answer["hourly"]["temperature_2m"] == kmh["hourly"]["temperature_2m"]
    assert answer["hourly"]["wind_speed_10m"][5] == pytest.approx(kmh["hourly"]["wind_speed_10m"][5] / 3.6, abs=0.01)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"hourly": "temperatur"}, "temperatur"),
        ({"end_date": "2024-03-11"}, "out of allowed range"),
        ({"start_date": "1939-12-31"}, "out of allowed range"),
        ({"start_date": "2024-02-02"}, "larger or equals"),
        ({"start_date": "today"}, "today"),
        ({"timezone": "America/New_York"}, "GMT"),
        ({"wind_speed_unit": "knots"}, "knots"),
        ({"latitude": ""}, "latitude"),
    ],
)
def test_a_bad_weather_query_gets_400_and_a_reason(upstream: Upstream, change: dict[str, str], reason: str) -> None:
    answer = requests.get(f"{upstream.url}/v1/archive", WEATHER | change, timeout=5)
    assert answer.status_code == 400
    assert answer.json()["error"] is True
    assert reason in answer.json()["reason"]


# ---------------------------------------------------------------- files over HTTP


def get(upstream: Upstream, path: str = FILE, **headers: str) -> requests.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return requests.get(f"{upstream.url}/{path}", headers={"Accept-Encoding": "identity"} | named, timeout=5)


def test_a_file_has_the_headers_for_conditional_requests(upstream: Upstream, root: Path) -> None:
    content = (root / FILE).read_bytes()
    answer = get(upstream)
    assert answer.content == content
    assert answer.headers["ETag"] == f'"{hashlib.md5(content).hexdigest()}"'
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert get(upstream, If_None_Match=answer.headers["ETag"]).status_code == 304
    assert get(upstream, If_None_Match='"other"', If_Modified_Since=answer.headers["Last-Modified"]).status_code == 200
    assert get(upstream, If_Modified_Since=answer.headers["Last-Modified"]).status_code == 304
    assert get(upstream, If_Modified_Since="Mon, 01 Jan 2001 00:00:00 GMT").status_code == 200


@pytest.mark.parametrize(
    ("header", "part"),
    [
        ("bytes=0-9", slice(0, 10)),
        ("bytes=100-", slice(100, None)),
        ("bytes=-7", slice(-7, None)),
        ("bytes=5-99999999", slice(5, None)),
    ],
)
def test_a_range_of_a_file_has_status_206(upstream: Upstream, root: Path, header: str, part: slice) -> None:
    content = (root / FILE).read_bytes()
    answer = get(upstream, Range=header)
    first, last = range(len(content))[part][0], range(len(content))[part][-1]
    assert (answer.status_code, answer.content) == (206, content[part])
    assert answer.headers["Content-Range"] == f"bytes {first}-{last}/{len(content)}"
    assert upstream.requests[-1].range == header


def test_a_range_is_sent_only_of_the_version_in_if_range(upstream: Upstream) -> None:
    etag = get(upstream).headers["ETag"]
    assert get(upstream, Range="bytes=5-", If_Range=etag).status_code == 206
    assert get(upstream, Range="bytes=5-", If_Range='"older"').status_code == 200


def test_a_range_beyond_the_end_has_status_416(upstream: Upstream, root: Path) -> None:
    answer = get(upstream, Range="bytes=99999999-")
    assert answer.status_code == 416
    assert answer.headers["Content-Range"] == f"bytes */{(root / FILE).stat().st_size}"


def test_a_head_request_gets_the_size_and_no_body(upstream: Upstream, root: Path) -> None:
    answer = requests.head(f"{upstream.url}/{FILE}", headers={"Accept-Encoding": "identity"}, timeout=5)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["Content-Length"] == str((root / FILE).stat().st_size)
    assert upstream.requests[-1].sent == 0


@pytest.mark.parametrize("path", ["trip-data/yellow_tripdata_2031-01.parquet", "", "../sample.txt", "trip-data"])
def test_a_missing_file_has_the_error_of_s3(upstream: Upstream, path: str) -> None:
    answer = get(upstream, path)
    assert answer.status_code == 403
    assert answer.headers["Content-Type"] == "application/xml"
    assert "<Code>AccessDenied</Code>" in answer.text


def test_a_file_that_a_test_adds_is_served(upstream: Upstream, root: Path) -> None:
    (root / "ferries").mkdir()
    (root / "ferries/2024-01.parquet").write_bytes(b"PAR1 PAR1")
    assert get(upstream, "ferries/2024-01.parquet").content == b"PAR1 PAR1"


def test_a_changed_file_has_another_etag(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"older")
    with serve(tmp_path) as upstream:
        etag = get(upstream, "file").headers["ETag"]
        (tmp_path / "file").write_bytes(b"newer")
        assert get(upstream, "file", If_None_Match=etag).content == b"newer"


# ---------------------------------------------------------------- faults


def test_a_fault_ends_after_its_number_of_requests(upstream: Upstream) -> None:
    get(upstream)
    upstream.faults = [Fault("trip-data/yellow*", first=2, status=503, retry_after="1")]
    answers = [get(upstream) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [503, 503, 200]
    assert [answer.headers.get("Retry-After") for answer in answers] == ["1", "1", None]
    assert get(upstream, "misc/taxi_zone_lookup.csv").status_code == 200


def test_a_cut_answer_has_half_of_its_body(upstream: Upstream, root: Path) -> None:
    upstream.faults = [Fault(FILE, cut=True)]
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        get(upstream)
    assert upstream.requests[-1].sent == (root / FILE).stat().st_size // 2


def test_a_connection_can_be_reset_after_half_of_the_body(upstream: Upstream, root: Path) -> None:
    upstream.faults = [Fault(FILE, reset=True)]
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="ConnectionResetError"):
        get(upstream)
    assert upstream.requests[-1].sent == (root / FILE).stat().st_size // 2


def test_another_body_has_status_200(upstream: Upstream) -> None:
    upstream.faults = [Fault(FILE, body=b"<html>Service unavailable</html>")]
    answer = get(upstream)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html")
    assert answer.text.startswith("<html>")


def test_a_range_can_be_ignored(upstream: Upstream, root: Path) -> None:
    upstream.faults = [Fault(FILE, ignore_range=True)]
    answer = get(upstream, Range="bytes=100-")
    assert (answer.status_code, len(answer.content)) == (200, (root / FILE).stat().st_size)


def test_an_answer_can_be_slow_or_pause(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(bytes(3000))
    with serve(
        tmp_path, faults=[Fault("file", first=1, bytes_per_second=10_000), Fault("file", pause=0.3)]
    ) as upstream:
        slow, paused = get(upstream, "file"), get(upstream, "file")
        assert slow.content == paused.content == bytes(3000)
        # In the header or, where that has come, in the body.
        timeouts = (requests.exceptions.ReadTimeout, requests.exceptions.ConnectionError)
        with pytest.raises(timeouts, match="timed out"):
            requests.get(f"{upstream.url}/file", timeout=0.1)
