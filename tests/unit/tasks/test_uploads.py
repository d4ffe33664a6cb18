"""What of the months lies in object storage, by receipts, on a folder as store."""

import hashlib
import json
import logging
from datetime import date
from pathlib import Path

import pytest

from pipeline.errors import BadInput, UploadFailed
from pipeline.paths import path_for
from pipeline.tasks import uploads
from pipeline.tasks.receipts import Receipt

MONTHS = (date(2024, 1, 1), date(2024, 2, 1))
STAGES = {
    "published": "published/fct_trips/month={0}/fct_trips.parquet",
    "published/metrics": "published/metrics/month={0}/metrics.csv",
    "reports/explore": "reports/explore/{0}.js",
    "reports": "reports/{0}.html",
    "complete": "",
}


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two complete months, and files that they share."""
    monkeypatch.setenv("MOBILITY_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("MOBILITY_RUN_ID", "the-run")
    monkeypatch.setenv("MOBILITY_PUBLISH_URL", (tmp_path / "mirror").as_uri())
    for month in MONTHS:
        complete(month)
    write("reports/index.html", "index")
    return tmp_path / "data"


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    return tmp_path / "mirror"


def write(name: str, text: str) -> Path:
    path = path_for(str(Path(name).parent), Path(name).name, "")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def complete(month: date, text: str = "first") -> None:
    """Writes the files and receipts of a month as its steps do."""
    label = f"{month:%Y-%m}"
    Receipt(path_for("quality", month, ".findings.json")).write(
        [write(f"reports/quality/{label}/index.html", f"{text} {label}")]
    )
    inputs: list[Receipt] = []
    for stage, name in STAGES.items():
        receipt = Receipt(path_for(stage, month, ".json"), inputs)
        receipt.write([write(name.format(label), f"{text} {stage} {label}")] if name else [], result=text)
        inputs = [receipt]
    Receipt(path_for("warehouse/transformed", month, ".json")).save({"files": {}, "content": ""})


def lying(folder: Path) -> dict[str, str]:
    """The digests of the files in a folder, without receipts and manifests."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".json" and path.relative_to(folder).parts[0] in {"published", "reports"}
    }


def manifests(mirror: Path) -> list[str]:
    return sorted(path.stem for path in mirror.glob("manifests/*.json"))


def times(mirror: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in mirror.rglob("*") if path.is_file()}


def test_everything_that_is_complete_waits_until_it_is_uploaded(data: Path, mirror: Path) -> None:
    assert uploads.waiting_months() == [*MONTHS] and uploads.is_waiting()
    uploads.upload_waiting()
    assert lying(mirror) == lying(data) != {}
    assert manifests(mirror) == ["2024-01", "2024-02", "shared"]
    assert not uploads.is_waiting()
    before = times(mirror)
    uploads.upload_waiting()
    assert times(mirror) == before


def test_a_manifest_lists_the_objects_of_its_month_and_no_path_or_run_of_this_machine(data: Path, mirror: Path) -> None:
    uploads.upload_month(MONTHS[0])
    manifest = json.loads((mirror / "manifests/2024-01.json").read_text())
    assert set(manifest["objects"]) == {name.format("2024-01") for name in STAGES.values() if name} | {
        "reports/quality/2024-01/index.html"
    }
    assert {name: one["sha256"] for name, one in manifest["objects"].items()}.items() <= lying(data).items()
    text = "".join(path.read_text() for path in mirror.rglob("*") if path.is_file())
    assert str(data) not in text and "the-run" not in text


def test_a_month_that_was_issued_again_is_replaced_and_the_others_are_left(data: Path, mirror: Path) -> None:
    uploads.upload_waiting()
    before = times(mirror)
    complete(MONTHS[1], "second")
    assert uploads.waiting_months() == [MONTHS[1]]
    uploads.upload_waiting()
    assert lying(mirror) == lying(data)
    changed = {name for name, time in times(mirror).items() if before.get(name) != time}
    assert changed and all("2024-02" in name for name in changed)


def test_a_page_that_is_linked_to_a_new_month_is_uploaded_again(data: Path, mirror: Path) -> None:
    uploads.upload_waiting()
    page = write("reports/2024-01.html", "with a link")
    Receipt(page.with_suffix(".json")).update_files([page])
    assert uploads.waiting_months() == [MONTHS[0]]
    uploads.upload_waiting()
    assert lying(mirror) == lying(data)


def test_a_shared_file_that_has_changed_is_uploaded_alone(data: Path, mirror: Path) -> None:
    uploads.upload_waiting()
    write("reports/index.html", "another index")
    assert uploads.waiting_months() == [] and uploads.is_waiting()
    uploads.upload_waiting()
    assert lying(mirror) == lying(data) and not uploads.is_waiting()


def test_an_incomplete_month_does_not_wait(data: Path) -> None:
    path_for("published", MONTHS[0], ".json").unlink()
    assert uploads.waiting_months() == [MONTHS[1]]


def test_a_month_that_was_forgotten_is_deleted(data: Path, mirror: Path) -> None:
    uploads.upload_waiting()
    forget(data, MONTHS[0])
    assert uploads.forgotten_labels() == ["2024-01"] and uploads.is_waiting()
    uploads.upload_waiting()
    assert manifests(mirror) == ["2024-02", "shared"]
    assert lying(mirror) == lying(data)
    assert not path_for("uploaded", MONTHS[0], ".json").exists() and not uploads.is_waiting()


def forget(data: Path, month: date) -> None:
    for path in [path for path in data.rglob("*") if path.is_file() and f"{month:%Y-%m}" in str(path)]:
        if path.parent.name != "uploaded":
            path.unlink()


def test_another_address_gets_everything(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    uploads.upload_waiting()
    monkeypatch.setenv("MOBILITY_PUBLISH_URL", (tmp_path / "other").as_uri())
    assert uploads.waiting_months() == [*MONTHS]
    uploads.upload_waiting()
    assert lying(tmp_path / "other") == lying(tmp_path / "mirror") == lying(data)


def test_a_month_forgotten_at_another_address_is_not_deleted_there(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uploads.upload_waiting()
    monkeypatch.setenv("MOBILITY_PUBLISH_URL", (tmp_path / "other").as_uri())
    forget(data, MONTHS[0])
    assert uploads.forgotten_labels() == []
    assert uploads.address_of(MONTHS[0]) == (tmp_path / "mirror").as_uri()


def test_a_failure_is_noted_with_its_month_and_the_run_does_not_try_others(
    data: Path, mirror: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mirror.write_text("a file where the folder should be")
    with pytest.raises(UploadFailed, match=r"^file://.*cannot be reached or written") as first:
        uploads.upload_waiting()
    assert uploads.last_failure() == f"2024-01: {first.value}" and uploads.failed_in_this_run()
    mirror.unlink()
    with pytest.raises(UploadFailed) as second:
        uploads.upload_month(MONTHS[1])
    assert str(second.value) == str(first.value)
    monkeypatch.setenv("MOBILITY_RUN_ID", "the-next-run")
    uploads.upload_waiting()
    assert lying(mirror) == lying(data)
    assert uploads.last_failure() == "" and not uploads.failed_in_this_run()


def test_what_is_known_of_a_killed_run_is_not_uploaded_again(data: Path, mirror: Path) -> None:
    uploads.upload_waiting()
    path_for("uploaded", MONTHS[0], ".json").unlink()
    before = times(mirror)
    uploads.upload_waiting()
    assert times(mirror) == before


def test_log_lines_say_what_was_uploaded_and_deleted(data: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        uploads.upload_waiting()
        write("reports/index.html", "another index")
        forget(data, MONTHS[0])
        uploads.upload_waiting()
    lines = [record.getMessage().split(" at file:")[0].split(" to file:")[0] for record in caplog.records]
    assert lines == [
        "2024-01: uploaded 6 objects",
        "2024-02: uploaded 5 objects",
        "2024-01: deleted 5 objects",
        "updated 1 object that all months share",
    ]


def test_without_an_address_nothing_can_be_uploaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MOBILITY_PUBLISH_URL")
    with pytest.raises(BadInput, match=r"^MOBILITY_PUBLISH_URL: not set; set it to an address such as s3://"):
        uploads.required_address()
