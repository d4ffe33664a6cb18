"""What of the months lies in object storage, by receipts in ``uploaded/``, and the steps that change it.

A month's receipt exists while its address and the objects of the month are those of now. The receipt of a month that
was forgotten stays until its objects are deleted.
"""

import hashlib
import json
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date
from pathlib import Path
from time import monotonic
from typing import Any

from pipeline import publication
from pipeline.errors import BadInput, UploadFailed
from pipeline.history.words import about, duration_text, size_text
from pipeline.lock import locked
from pipeline.months import parse_month
from pipeline.paths import data_folder, delete, path_for
from pipeline.process import run_id
from pipeline.publication import Journal, Mirrored, Object, Store
from pipeline.tasks import records, settings
from pipeline.tasks.receipts import Receipt

log = logging.getLogger(__name__)

FOLDER = "uploaded"
SHARED = "shared"
"""The label of what all months share."""


def required_address() -> str:
    """The address to upload to. Raises BadInput where none is set."""
    if found := publication.address():
        return found
    raise BadInput(f"{publication.NAME}: not set; set it to an address such as s3://bucket/folder, or run RunMonth")


def open_store() -> Store:
    """The store of the address."""
    return publication.open_store(required_address(), publication.Limits(**settings.upload().param_kwargs))


def path_of(label: str) -> Path:
    """The path of the receipt of what was uploaded."""
    return path_for(FOLDER, label, ".json")


def objects_of_month(month: date) -> dict[str, Object]:
    """The files of the month, by the receipts of the steps that wrote them."""
    receipts = [records.record_of(stage, month) for stage in records.PUBLISHED]
    receipts.append(records.record_of("quality", month, ".findings.json"))
    return {
        name: Object(record["files"][name], sha256)
        for record in receipts
        if record
        for name, sha256 in record.get("sha256_of_files", {}).items()
    }


def objects_of(label: str) -> dict[str, Object]:
    """The files of a month, or those that all months share."""
    if label == SHARED:
        return publication.objects_of(publication.shared_files())
    return objects_of_month(parse_month(label))


def receipt_of(label: str, objects: Mapping[str, Object]) -> Receipt:
    """The receipt that these objects lie at the address."""
    listed = json.dumps([publication.address(), {name: asdict(one) for name, one in objects.items()}], sort_keys=True)
    return Receipt(path_of(label), version=hashlib.sha256(listed.encode()).hexdigest())


def journal_of(label: str) -> Journal:
    return Journal(path_for(FOLDER, label, ".jsonl"), publication.address())


def waiting_months() -> list[date]:
    """The complete months that do not lie at the address as they are here, oldest first."""
    known: dict[Path, str] = {}
    return [month for month in sorted(records.months_with("complete")) if is_month_waiting(month, known)]


def is_month_waiting(month: date, known: dict[Path, str]) -> bool:
    """Whether the month is complete, and does not lie at the address as it is here."""
    complete = Receipt(path_for("complete", month, ".json"))
    return (
        complete.path.exists()
        and not complete.first_loss(known)
        and not records.is_outdated(month)
        and not receipt_of(f"{month:%Y-%m}", objects_of_month(month)).exists()
    )


def forgotten_labels() -> list[str]:
    """The months that lie at the address, or some of whose objects do, and are not published here any more."""
    published = {f"{month:%Y-%m}" for month in records.months_with("published")}
    found = {path.stem for path in path_for(FOLDER, "", "").glob("????-??.json*")} - published
    return sorted(label for label in found if journal_of(label).known() is not None or known_of(label) is not None)


def known_of(label: str) -> dict[str, Object] | None:
    """What lies at the address by the receipt, which may be outdated; None where there is none of this address."""
    record = Receipt(path_of(label)).stored
    if not record or record.get("address") != publication.address():
        return None
    return {name: Object(**one) for name, one in record["objects"].items()}


def upload_month(month: date, count: Callable[[], None] = lambda: None) -> None:
    """Uploads what is missing of the month, then what has changed of the files that all months share."""
    label = f"{month:%Y-%m}"
    with noting_failure(label) as store:
        started = monotonic()
        sent = upload(store, label, count), upload(store, SHARED)
        number, size = objects_text(sum(one.uploaded for one in sent)), size_text(sum(one.bytes for one in sent))
        taken = duration_text(monotonic() - started)
        log.info("%s: uploaded %s to %s (%s, %s)", label, number, store.address, size, taken)


def is_waiting() -> bool:
    """Whether anything waits to be uploaded or deleted."""
    return bool(forgotten_labels() or waiting_months() or is_shared_waiting())


def is_shared_waiting() -> bool:
    """Whether the files that all months share wait. They are uploaded after the first month."""
    is_any = bool(uploaded_labels() or records.months_with("complete"))
    return is_any and not receipt_of(SHARED, objects_of(SHARED)).exists()


def upload_waiting() -> None:
    """Deletes what was forgotten from the store, and uploads whatever waits for it."""
    for label in forgotten_labels():
        with noting_failure(label) as store:
            remove(store, label)
    for month in waiting_months():
        upload_month(month)
    if is_shared_waiting():
        with noting_failure(SHARED) as store:
            sent = upload(store, SHARED)
            number = objects_text(sent.uploaded + sent.deleted)
            log.info("updated %s that all months share at %s", number, store.address)


def upload(store: Store, label: str, count: Callable[[], None] = lambda: None) -> Mirrored:
    """Uploads what is missing of a month, or of the shared files, and writes its receipt last."""
    objects = objects_of(label)
    receipt, journal = receipt_of(label, objects), journal_of(label)
    if receipt.exists():
        return Mirrored(0, 0, 0)
    done = publication.mirror(store, label, objects, journal, known_of(label), count)
    listed: dict[str, Any] = {name: asdict(one) for name, one in objects.items()}
    receipt.write(address=store.address, objects=listed)
    journal.end()
    return done


def remove(store: Store, label: str) -> None:
    """Deletes the objects of a month from the store, the manifest first, and its receipt last."""
    journal = journal_of(label)
    done = publication.mirror(store, label, {}, journal, known_of(label))
    delete(path_of(label))
    journal.end()
    log.info("%s: deleted %s at %s", label, objects_text(done.deleted), store.address)


def objects_text(number: int) -> str:
    """``1 object``, ``38 objects``."""
    return f"{number} object{'s' * (number != 1)}"


@contextmanager
def noting_failure(label: str) -> Iterator[Store]:
    """The store of the address, for one process at a time: machines that share the folder may end together.

    A failure is noted: the run does not try the other months, which would wait as long.
    """
    failure = Receipt(path_of("failure"))
    if failed_in_this_run():
        raise UploadFailed(str(failure.record["error"]))
    try:
        with locked(path_for(FOLDER, ".lock", ""), settings.warehouse().wait_s, "uploads"):
            yield open_store()
    except UploadFailed as error:
        failure.write(error=str(error), label=label, address=publication.address())
        raise
    failure.path.unlink(missing_ok=True)


def last_failure() -> str:
    """Why the last upload to the address failed, with its month; empty where it succeeded."""
    record = Receipt(path_of("failure")).stored
    if not record or record["address"] != publication.address():
        return ""
    return about(str(record["label"]), str(record["error"]))


def failed_in_this_run() -> bool:
    """Whether an upload of this run has failed."""
    record = Receipt(path_of("failure")).stored
    return record is not None and record["run"] == run_id()


def address_of(month: date) -> str:
    """The address to which the month was uploaded last; empty where it was not."""
    record = Receipt(path_of(f"{month:%Y-%m}")).stored
    return str(record["address"]) if record else ""


def uploaded_labels() -> list[str]:
    """The months, and the shared files, that were uploaded to the address."""
    labels = (path.stem for path in sorted((data_folder() / FOLDER).glob("*.json")))
    return [label for label in labels if label != "failure" and known_of(label) is not None]
