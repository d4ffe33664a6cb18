"""Makes the objects of a month at the store those of the month here."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from pipeline.errors import BadFile
from pipeline.paths import data_folder, program, sha256_of
from pipeline.publication import manifest
from pipeline.publication.journal import Journal
from pipeline.publication.objects import Object
from pipeline.publication.store import Store


@dataclass(frozen=True)
class Mirrored:
    """How many objects were uploaded, with how many bytes, and how many were deleted."""

    uploaded: int
    bytes: int
    deleted: int


def mirror(
    store: Store,
    label: str,
    objects: Mapping[str, Object],
    journal: Journal,
    known: Mapping[str, Object] | None = None,
    count: Callable[[], None] = lambda: None,
) -> Mirrored:
    """Uploads the objects that do not lie there yet, then the manifest, and deletes those that it no longer lists.

    Without objects, all that is known of the label is deleted. What lies there is ``known`` by the journal of a run
    that was killed, by what the caller knows of an earlier one, or by the manifest; an object counts as there only with
    its size. The manifest is deleted before any object of it changes. Raises UploadFailed, and BadFile for a file that
    is not as its receipt says.
    """
    name_of_manifest, content = manifest.manifest_of(label, objects)
    listed = store.read(name_of_manifest)
    there = here(journal, known)
    if there is None:
        there = {**manifest.objects_in(listed)}
    missing = {name: one for name, one in objects.items() if there.get(name) != one or store.size(name) != one.bytes}
    removed = [name for name in there if name not in objects]
    journal.begin(there)
    if listed is not None and (listed != content or there.keys() & missing.keys()):
        store.delete(name_of_manifest)
        listed = None
    for name, one in missing.items():
        upload(store, name, one, journal)
        count()
    if objects and listed is None:
        store.write(content, name_of_manifest)
    for name in removed:
        store.delete(name)
    return Mirrored(len(missing), sum(one.bytes for one in missing.values()), len(removed))


def here(journal: Journal, known: Mapping[str, Object] | None) -> dict[str, Object | None] | None:
    """What is known here of what lies there: by the journal, else by the caller; None where nothing is known."""
    begun = journal.known()
    if begun is not None:
        return begun
    return None if known is None else {**known}


def upload(store: Store, name: str, content: Object, journal: Journal) -> None:
    """Uploads one file of the data folder, where it is as its receipt says."""
    path = data_folder() / name
    found = None
    with suppress(FileNotFoundError):
        found = sha256_of(path)
    if found != content.sha256:
        raise BadFile(f"{name} differs from what was written (sha256); {program()} verify --repair builds it again")
    journal.note(name, None)
    store.put(path, name)
    journal.note(name, content)
