"""The part of the verb verify that compares object storage with the receipts of uploads, by the sizes of objects."""

from collections.abc import Iterator, Mapping

from pipeline.errors import UploadFailed
from pipeline.operations.disagreements import Disagreement
from pipeline.publication import Object, Store, address, manifest_of
from pipeline.tasks import uploads


def compare_uploads() -> Iterator[Disagreement]:
    """Where a manifest or an object is missing or has another size; nothing where no address is set."""
    if not address():
        return
    try:
        store = uploads.open_store()
        sizes = store.sizes()
        for label in uploads.uploaded_labels():
            if problem := first_problem(store, label, sizes):
                yield Disagreement(f"{label}: {problem} at {store.address}", invalid=(uploads.path_of(label),))
    except UploadFailed as error:
        yield Disagreement(str(error))


def first_problem(store: Store, label: str, sizes: Mapping[str, int]) -> str:
    """What is wrong with the objects of a month at the store; empty where they are as they were uploaded."""
    objects: Mapping[str, Object] = uploads.known_of(label) or {}
    name, content = manifest_of(label, objects)
    if store.read(name) != (content if objects else None):
        return f"{name} differs from what was uploaded, or does not exist"
    wrong = (name for name, one in objects.items() if sizes.get(name) != one.bytes)
    return next((f"{name} {found(sizes.get(name))}, expected {objects[name].bytes:,} bytes" for name in wrong), "")


def found(size: int | None) -> str:
    return "does not exist" if size is None else f"has {size:,} bytes"
