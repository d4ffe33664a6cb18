"""Downloads over HTTP on loopback, with faults that publishers have had."""

import dataclasses
import hashlib
import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from pipeline.errors import BadFile, NoSpace, Refused
from pipeline.ingest import download, http
from pipeline.ingest.http import RetryPolicy
from pipeline.results import Landed
from pipeline.sample.server import Fault, Upstream, serve
from pipeline.sources import Source, sources

MONTH = date(2024, 1, 1)
PATH = "trip-data/green_tripdata_2024-01.parquet"
POLICY = RetryPolicy(attempts=3, first_wait_s=0.01, max_wait_s=0.05, read_timeout_s=2)
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


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_transient_status_is_retried(upstream: Upstream, green: Source, tmp_path: Path, status: int) -> None:
    upstream.faults = [Fault(PATH, first=2, status=status)]
    fetch(green, tmp_path)
    assert [status for status, _ in gets(upstream)] == [200]


def test_a_missing_file_is_not_published_yet(upstream: Upstream, green: Source) -> None:
    assert download.published_at(green, date(2024, 2, 1), POLICY) is None


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
    with pytest.raises(Refused, match=r"status 400 \(.+\); check urls"):
        fetch(wrong, tmp_path)


def test_weather_is_published_once_the_archive_has_the_complete_month() -> None:
    weather, today = sources()["weather"], date.today()
    assert download.is_settled(weather, date(2024, 1, 1))
    assert not download.is_settled(weather, today.replace(day=1))
