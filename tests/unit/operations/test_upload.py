"""What a command uploads at its end, and what waits."""

from datetime import date
from pathlib import Path

import pytest

from pipeline.errors import UploadFailed
from pipeline.operations.upload import upload_waiting, waiting_text
from pipeline.paths import path_for
from pipeline.tasks.receipts import Receipt

MONTHS = (date(2024, 1, 1), date(2024, 2, 1))


@pytest.fixture(autouse=True)
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MOBILITY_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("MOBILITY_RUN_ID", "the-run")
    monkeypatch.setenv("MOBILITY_PUBLISH_URL", (tmp_path / "mirror").as_uri())
    for month in MONTHS:
        page = path_for("reports", month, ".html")
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text("page")
        published = Receipt(path_for("published", month, ".json"))
        published.write()
        reported = Receipt(path_for("reports", month, ".json"), [published])
        reported.write([page])
        Receipt(path_for("complete", month, ".json"), [reported]).write()
        Receipt(path_for("warehouse/transformed", month, ".json")).save({"files": {}, "content": ""})
    return tmp_path / "mirror"


def test_what_waits_is_uploaded_and_then_nothing_waits(mirror: Path) -> None:
    assert waiting_text() == f"to be uploaded to {mirror.as_uri()}: 2024-01, 2024-02"
    upload_waiting()
    assert (mirror / "reports/2024-02.html").read_text() == "page"
    assert waiting_text() == ""


def test_a_failure_names_the_month_and_is_not_tried_again_in_this_run(mirror: Path) -> None:
    mirror.write_text("a file")
    with pytest.raises(UploadFailed, match=f"^2024-01: {mirror.as_uri()}: cannot be reached or written"):
        upload_waiting()
    assert waiting_text().splitlines()[1].startswith(f"the last upload failed: 2024-01: {mirror.as_uri()}: cannot be")
    mirror.unlink()
    upload_waiting()
    assert not mirror.exists()


def test_a_forgotten_month_waits_to_be_deleted(mirror: Path) -> None:
    upload_waiting()
    for stage in ("published", "complete"):
        path_for(stage, MONTHS[0], ".json").unlink()
    assert waiting_text() == f"to be deleted at {mirror.as_uri()}: 2024-01"
    upload_waiting()
    assert not (mirror / "reports/2024-01.html").exists()


def test_without_an_address_nothing_waits(mirror: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MOBILITY_PUBLISH_URL")
    upload_waiting()
    assert waiting_text() == "" and not mirror.exists()
