"""Detection of files that a publisher has replaced since the download."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from pipeline.errors import Unreachable
from pipeline.ingest import reissue
from pipeline.ingest.http import RetryPolicy, head
from pipeline.results import Landed
from pipeline.sample.server import Fault, Upstream, serve
from pipeline.sources import sources

MONTH = date(2024, 1, 1)
POLICY = RetryPolicy(
    attempts=3, first_wait_s=0.01, max_wait_s=1, response_timeout_s=10, read_timeout_s=5, least_kb_per_s=50
)
GREEN = sources()["green_taxi"]
FILE = "trip-data/green_tripdata_2024-01.parquet"


@pytest.fixture
def upstream(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Upstream]:
    (tmp_path / "trip-data").mkdir()
    (tmp_path / FILE).write_text("as first published")
    with serve(tmp_path) as publisher:
        monkeypatch.setenv("TLC_URL", publisher.url)
        monkeypatch.setenv("OPEN_METEO_URL", publisher.url)
        yield publisher


def landed(upstream: Upstream) -> Landed:
    response = head(f"{upstream.url}/{FILE}", upstream.url, POLICY)
    assert response is not None
    return Landed(
        file="2024-01.parquet",
        url=f"{upstream.url}/{FILE}",
        etag=response.headers["ETag"],
        last_modified=response.headers["Last-Modified"],
        bytes=int(response.headers["Content-Length"]),
        sha256="",
        fetched_at="2024-03-01T00:00:00+00:00",
    )


def check(landed: Landed) -> tuple[str, str] | None:
    return reissue.reissued_at(GREEN, MONTH, landed, "", POLICY)


def test_the_same_file_gets_status_304(upstream: Upstream) -> None:
    assert check(landed(upstream)) is None
    assert upstream.requests[-1].status == 304


def test_a_replaced_file_is_found(upstream: Upstream) -> None:
    facts = landed(upstream)
    (upstream.root / FILE).write_text("as published again")
    assert check(facts) == (f"{upstream.url}/{FILE}", "2024-01")


def test_a_host_without_etags_is_compared_by_date_and_size(upstream: Upstream) -> None:
    facts = replace(landed(upstream), etag="")
    assert check(facts) is None
    assert check(replace(facts, last_modified="Mon, 01 Jan 2024 00:00:00 GMT")) is not None


def test_a_file_of_another_size_was_replaced_even_where_its_etag_is_the_same(upstream: Upstream) -> None:
    facts = landed(upstream)
    response = head(f"{upstream.url}/{FILE}", upstream.url, POLICY)
    assert response is not None and reissue.match_landed(response, facts)
    assert not reissue.match_landed(response, replace(facts, bytes=facts.bytes + 1))


def test_a_removed_file_counts_as_unchanged(upstream: Upstream) -> None:
    facts = landed(upstream)
    (upstream.root / FILE).unlink()
    assert check(facts) is None


def test_a_host_that_does_not_respond_is_an_error(upstream: Upstream) -> None:
    facts = landed(upstream)
    upstream.faults = [Fault(status=503)]
    with pytest.raises(Unreachable):
        check(facts)


@pytest.mark.parametrize(
    ("last_check", "may_differ"),
    [("2024-02-10T00:00:00+00:00", True), ("2024-05-10T00:00:00+00:00", True), ("2024-05-12T00:00:00+00:00", False)],
)
def test_weather_may_be_revised_until_it_was_checked_when_final(
    upstream: Upstream, last_check: str, may_differ: bool
) -> None:
    first = Landed("2024-01.json", "", "", "", 0, "", fetched_at="2024-02-09T00:00:00+00:00")
    assert (reissue.reissued_at(sources()["weather"], MONTH, first, last_check, POLICY) is not None) is may_differ
    assert upstream.requests == [], "an archive without files has no validators"


def test_responses_are_compared_by_their_data_only(tmp_path: Path) -> None:
    answers = [
        {"generationtime_ms": 1.0, "hourly": {"time": ["2024-01-01T00:00"], "rain": [0.0]}},
        {"generationtime_ms": 2.0, "hourly": {"time": ["2024-01-01T00:00"], "rain": [0.0]}},
        {"generationtime_ms": 1.0, "hourly": {"time": ["2024-01-01T00:00"], "rain": [0.1]}},
    ]
    paths = [tmp_path / f"{number}.json" for number in range(3)]
    for path, answer in zip(paths, answers, strict=True):
        path.write_text(json.dumps(answer))
    weather = sources()["weather"]
    assert reissue.is_same(weather, paths[0], paths[1])
    assert not reissue.is_same(weather, paths[0], paths[2])
    paths[1].write_text("{")
    assert not reissue.is_same(weather, paths[1], paths[0]), "a stored file that is damaged"
    assert not reissue.is_same(GREEN, paths[0], paths[0]), "files are compared by their digest instead"
