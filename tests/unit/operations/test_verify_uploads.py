"""What verify finds in object storage."""

from datetime import date
from pathlib import Path

import pytest

from pipeline.operations.upload import upload_waiting
from pipeline.operations.verify_uploads import compare_uploads
from pipeline.tasks import uploads
from pipeline.tasks.receipts import Receipt
from tests.unit.operations.test_upload import mirror

__all__ = ["mirror"]
PAGE = "reports/2024-01.html"


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        (PAGE, None, f"{PAGE} does not exist, expected 4 bytes"),
        (PAGE, "cut", f"{PAGE} has 3 bytes, expected 4 bytes"),
        ("manifests/2024-01.json", None, "manifests/2024-01.json differs from what was uploaded, or does not exist"),
        ("manifests/2024-01.json", "{}", "manifests/2024-01.json differs from what was uploaded, or does not exist"),
    ],
)
def test_what_differs_is_named_and_uploaded_again(mirror: Path, name: str, content: str | None, problem: str) -> None:
    upload_waiting()
    assert list(compare_uploads()) == []
    (mirror / name).unlink()
    if content:
        (mirror / name).write_text(content)
    [found] = compare_uploads()
    assert found.text == f"2024-01: {problem} at {mirror.as_uri()}"
    for path in found.invalid:
        Receipt(path).invalidate(by="verify")
    assert uploads.waiting_months() == [date(2024, 1, 1)]
    upload_waiting()
    assert list(compare_uploads()) == []


def test_a_store_that_cannot_be_read_is_one_disagreement(mirror: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    upload_waiting()
    monkeypatch.setattr(uploads, "required_address", lambda: "ftps3://host")
    [found] = compare_uploads()
    assert found.text.startswith("ftps3://host: fsspec knows no protocol")


def test_without_an_address_nothing_is_compared(mirror: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    upload_waiting()
    monkeypatch.delenv("MOBILITY_PUBLISH_URL")
    assert list(compare_uploads()) == []
