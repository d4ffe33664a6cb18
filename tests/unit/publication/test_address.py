"""Which addresses of object storage are accepted."""

from pathlib import Path

import pytest

from pipeline.errors import BadInput
from pipeline.publication.address import NAME, address


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MOBILITY_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("MOBILITY_DEMO", raising=False)
    return tmp_path


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("", ""),
        ("s3://bucket", "s3://bucket"),
        ("s3://bucket/a/folder/", "s3://bucket/a/folder"),
        ("hdfs://host:8020/folder", "hdfs://host:8020/folder"),
        ("file:///mnt/a@b/mirror", "file:///mnt/a@b/mirror"),
    ],
)
def test_an_address_is_used_without_the_slash_at_its_end(
    given: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(NAME, given)
    assert address() == expected


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("s3://KEY:HIDDEN@bucket/folder", "has a user, a password or options"),
        ("s3://KEY:HID/DEN@bucket/folder", "has a user, a password or options"),
        ("s3://KEY:HIDDEN", "has a user, a password or options"),
        ("s3://bucket/folder?secret=HIDDEN", "has a user, a password or options"),
        ("simplecache::s3://HIDDEN", "not an address of object storage"),
        ("HIDDEN/mnt/mirror", "not an address of object storage"),
        ("s3:///HIDDEN", "names no bucket"),
        ("s3://bucket/HIDDEN folder", "has blanks or control characters"),
        ("file://", "names no folder"),
        ("file://HIDDEN/folder", "names no folder"),
        ("file:///", "names no folder"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_and_not_repeated(
    given: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(NAME, given)
    with pytest.raises(BadInput, match=f"^{NAME}: {reason}; |^{NAME}: {reason}") as caught:
        address()
    assert "HIDDEN" not in str(caught.value) and "DEN@" not in str(caught.value)


@pytest.mark.parametrize("folder", ["data", "data/published", "."])
def test_months_are_not_copied_into_or_around_the_data_folder(
    folder: str, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(NAME, (data / folder).as_uri())
    with pytest.raises(BadInput, match="names the data folder"):
        address()


def test_generated_months_of_the_demo_are_not_uploaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, "s3://bucket")
    monkeypatch.setenv("MOBILITY_DEMO", "1")
    assert address() == ""
