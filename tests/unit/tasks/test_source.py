"""The tasks of a source and month: which files are downloaded, stored and kept, over real HTTP on loopback."""

import zipfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from pipeline.errors import BadFile, BadInput
from pipeline.sample.server import Upstream, serve
from pipeline.tasks import selection
from pipeline.tasks.source import Convert, Download, Load, is_landed_for_others

MAY, JUNE = date(2023, 5, 1), date(2023, 6, 1)
YEAR = "tripdata/2023-citibike-tripdata.zip"


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("MOBILITY_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("MOBILITY_RUN_ID", "the-run")
    selection.published_at.cache_clear()
    yield tmp_path / "data"
    selection.published_at.cache_clear()


@pytest.fixture
def upstream(tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Upstream]:
    """A publisher that has the rides of 2023 in one archive."""
    publish(tmp_path / "upstream", YEAR, "all rides of the year")
    with serve(tmp_path / "upstream") as publisher:
        monkeypatch.setenv("CITIBIKE_URL", f"{publisher.url}/tripdata")
        yield publisher


def publish(root: Path, name: str, text: str) -> None:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(root / name, "w") as archive:
        archive.writestr("rides.csv", text)


def download(month: date) -> Download:
    task = Download(source="citibike", month=month)
    task.run()
    return task


def landed(data: Path) -> list[str]:
    return sorted(path.name for path in (data / "landing/citibike").iterdir())


def test_a_yearly_archive_is_downloaded_once_for_all_of_its_months(data: Path, upstream: Upstream) -> None:
    may, june = download(MAY), download(JUNE)
    assert may.complete() and june.complete()
    assert landed(data) == ["2023-05.json", "2023-06.json", "2023.json", "2023.zip"]
    assert may.output().record["sha256"] == june.output().record["sha256"]
    assert [asked.method for asked in upstream.requests].count("GET") == 1


def test_a_yearly_archive_is_kept_when_a_monthly_file_appears_for_one_of_its_months(
    data: Path, upstream: Upstream
) -> None:
    may, june = download(MAY), download(JUNE)
    publish(upstream.root, "tripdata/202305-citibike-tripdata.zip", "rides of May")
    assert may.fetch(f"{upstream.url}/tripdata/202305-citibike-tripdata.zip", "2023-05")
    assert landed(data) == ["2023-05.json", "2023-05.zip", "2023-06.json", "2023.json", "2023.zip"]
    assert may.output().record["file"] == "2023-05.zip"
    assert may.complete() and june.complete()
    assert is_landed_for_others(data / "landing/citibike/2023.zip")


def test_a_yearly_archive_is_deleted_with_the_last_month_that_refers_to_it(data: Path, upstream: Upstream) -> None:
    may = download(MAY)
    publish(upstream.root, "tripdata/202305-citibike-tripdata.zip", "rides of May")
    may.fetch(f"{upstream.url}/tripdata/202305-citibike-tripdata.zip", "2023-05")
    assert not (data / "landing/citibike/2023.zip").exists()
    assert may.complete()


def test_a_file_that_cannot_be_used_is_downloaded_again_by_the_next_run_and_only_by_it(
    data: Path, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    downloads = [download(MAY), download(JUNE)]
    with pytest.raises(BadFile, match=r"2023-05 citibike: 2023\.zip contains .*; the next run downloads it again$"):
        Convert(source="citibike", month=MAY).run()
    assert [task.complete() for task in downloads] == [False, True]
    download(MAY)
    assert [asked.method for asked in upstream.requests].count("GET") == 1, "once in a run"
    downloads[0].invalidate()
    monkeypatch.setenv("MOBILITY_RUN_ID", "the next run")
    download(MAY)
    assert [asked.method for asked in upstream.requests].count("GET") == 2
    assert all(task.complete() for task in downloads)


def test_a_file_that_is_fetched_again_and_is_the_same_gets_its_new_validators(data: Path, upstream: Upstream) -> None:
    may = download(MAY)
    archive = may.receipt_of("2023")
    archive.update(etag='"of another server"')
    assert not may.fetch(f"{upstream.url}/{YEAR}", "2023")
    assert archive.record["etag"] != '"of another server"'
    archive.path.write_text("damaged")
    assert may.fetch(f"{upstream.url}/{YEAR}", "2023") and may.complete()


def test_a_month_before_the_first_one_is_refused(data: Path) -> None:
    with pytest.raises(BadInput, match="2013-05 citibike: begins with 2013-06"):
        Download(source="citibike", month=date(2013, 5, 1)).requires()


def test_downloads_are_limited_by_publisher_and_a_yearly_archive_has_one_at_a_time(data: Path) -> None:
    assert Download(source="citibike", month=MAY).resources == {"download_citibike": 1, "citibike_2023": 1}
    assert Download(source="yellow_taxi", month=MAY).resources == {"download_tlc": 1}


def test_files_of_a_static_source_have_no_month_in_their_names(data: Path) -> None:
    paths = [Load(source="taxi_zones", month=month).output().path for month in (MAY, JUNE)]
    assert paths == [data / "warehouse/loaded/taxi_zones/static.json"] * 2
