"""Requests to a store with the interface of S3, and what is said of its failures."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.errors import BadInput, UploadFailed
from pipeline.publication.store import Limits, Store, check_packages, open_store
from tests.object_storage import BUCKET, SECRETS, Fault, ObjectStorage, error, now_and_then, object_storage, slowly

NAME = "published/a b/month=2024-01/a.parquet"


@pytest.fixture(scope="module")
def served() -> Iterator[ObjectStorage]:
    with object_storage() as storage:
        yield storage


@pytest.fixture
def storage(served: ObjectStorage, monkeypatch: pytest.MonkeyPatch) -> Iterator[ObjectStorage]:
    for name, value in served.environment.items():
        monkeypatch.setenv(name, value)
    yield served
    served.fault = lambda method, path: None


@pytest.fixture
def store(storage: ObjectStorage) -> Store:
    return open_store(f"s3://{BUCKET}/nyc", Limits(attempts=2, timeout_s=10))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.html"
    path.write_bytes(b"content")
    return path


def test_what_was_uploaded_is_read_and_deleted_by_its_name(store: Store, file: Path) -> None:
    store.put(file, NAME)
    store.write(b"manifest", "manifests/2024-01.json")
    assert (store.read(NAME), store.size(NAME)) == (b"content", 7)
    assert store.sizes() == {NAME: 7, "manifests/2024-01.json": 8}
    for name in (NAME, "manifests/2024-01.json", NAME):
        store.delete(name)
    assert (store.read(NAME), store.size(NAME), store.sizes()) == (None, None, {})


@pytest.mark.parametrize("fault", [now_and_then(2, error(503, "SlowDown")), slowly(0.1)])
def test_a_store_that_is_slow_or_busy_now_and_then_takes_everything(
    fault: Fault, store: Store, storage: ObjectStorage, file: Path
) -> None:
    storage.fault = fault
    store.put(file, NAME)
    assert store.read(NAME) == b"content"


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (lambda *_: error(503, "SlowDown"), "answered HTTP status 503 at every attempt; see what"),
        (lambda *_: error(500, "InternalError"), "answered HTTP status 500 at every attempt; see what"),
        (lambda *_: error(403, "AccessDenied"), "refused the credentials, or they lack a right"),
        (lambda *_: error(403, "Unknown"), "refused the credentials, or they lack a right"),
        (lambda *_: error(403, "InvalidAccessKeyId"), "refused the credentials, or they lack a right"),
        (lambda *_: error(404, "NoSuchBucket"), "the bucket or folder does not exist; create it"),
    ],
)
def test_a_failure_is_one_line_without_what_was_sent(
    fault: Fault, reason: str, store: Store, storage: ObjectStorage, file: Path
) -> None:
    storage.fault = fault
    with pytest.raises(
        UploadFailed, match=f"^s3://mobility/nyc: {reason}.*the next run uploads what is miss"
    ) as caught:
        store.put(file, NAME)
    assert len(str(caught.value).splitlines()) == 1
    assert not any(secret in str(caught.value) for secret in SECRETS.values())


@pytest.mark.long  # on a busy machine the client may look for an answer only after it has come
def test_a_store_that_does_not_answer_in_time_fails(storage: ObjectStorage, file: Path) -> None:
    storage.fault = slowly(20)
    with pytest.raises(UploadFailed, match=r"in time \(\w*Timeout\w*\); check the network, or raise \[up"):
        open_store("s3://mobility/nyc", Limits(1, 0.3)).put(file, NAME)


def test_a_host_that_cannot_be_reached_is_named_as_the_address(
    storage: ObjectStorage, monkeypatch: pytest.MonkeyPatch, file: Path
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(UploadFailed, match=r"cannot be reached or written \(EndpointConnectionError\); check the addr"):
        open_store("s3://mobility/nyc", Limits(1, 1)).put(file, NAME)


def test_missing_credentials_are_named(storage: ObjectStorage, monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    for name in SECRETS:
        monkeypatch.delenv(name)
    with pytest.raises(UploadFailed, match=r"no credentials were found \(NoCredentialsError\); set AWS_ACCESS_KEY_ID"):
        open_store("s3://mobility/nyc", Limits(1, 1)).put(file, NAME)


@pytest.mark.parametrize("package", ["fsspec", "s3fs"])
def test_a_missing_package_is_named_by_what_installs_it(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] in {"fsspec", "s3fs"}]:
        monkeypatch.delitem(sys.modules, name)  # they are imported again, without those that are imported already
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(UploadFailed, match=r"packages for this storage are not installed; run \./run\.sh install s3"):
        open_store("s3://mobility/nyc", Limits(1, 1))


def test_an_unknown_protocol_is_named() -> None:
    with pytest.raises(UploadFailed, match="fsspec knows no protocol ftps3; use s3://bucket/folder"):
        open_store("ftps3://mobility/nyc", Limits(1, 1))


def test_a_folder_is_a_store_and_has_whole_files_only(tmp_path: Path, file: Path) -> None:
    store = open_store((tmp_path / "mirror").as_uri(), Limits(1, 1))
    store.put(file, NAME)
    assert (store.read(NAME), store.size(NAME), store.sizes()) == (b"content", 7, {NAME: 7})
    assert [path.name for path in (tmp_path / "mirror").rglob("*") if path.is_file()] == ["a.parquet"]
    store.delete(NAME)
    assert store.read(NAME) is None


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path, file: Path) -> None:
    (tmp_path / "mirror").write_text("a file")
    with pytest.raises(UploadFailed, match=r"cannot be reached or written \((File exists|Not a directory)\)"):
        open_store((tmp_path / "mirror").as_uri(), Limits(1, 1)).put(file, NAME)


def test_the_package_of_another_storage_is_named() -> None:
    with pytest.raises(
        BadInput, match=r"^gs://bucket: the packages for this storage are not installed; .*gcsfs.*python"
    ):
        check_packages("gs://bucket")
