"""Luigi targets: receipts of what was built, and files at a publisher."""

import contextlib
import hashlib
import json
import os
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import luigi

from pipeline.errors import BadFile
from pipeline.paths import atomic_write, data_folder, delete, program, sha256_of, sync
from pipeline.process import run_id


class HttpTarget(luigi.Target):
    """A file at a publisher; ``find`` returns its URL and label, or None while it is not published."""

    def __init__(self, find: Callable[[], tuple[str, str] | None]) -> None:
        self.find = find

    def exists(self) -> bool:
        return self.find() is not None

    @property
    def found(self) -> tuple[str, str]:
        """Its URL and the label of its file: ``2024-01`` or, for a yearly archive, ``2023``."""
        found = self.find()
        assert found is not None
        return found


class Receipt(luigi.Target):
    """A record of what was built and of what it was built from.

    A receipt *exists* only while that is still what is stored: each input exists with the digest recorded here, the
    declared version is the same, the files that the receipt lists have their recorded sizes, and no step found that
    they cannot be used. So a revised input makes exactly what was built from it incomplete.
    """

    def __init__(self, path: Path, inputs: Sequence["Receipt"] = (), version: str = "") -> None:
        self.path = path
        self.inputs = inputs
        self.version = version

    def __str__(self) -> str:
        """Luigi counts by it how often a task was scheduled again because this receipt did not exist."""
        return self.name

    def exists(self) -> bool:
        return self.digest is not None

    @property
    def digest(self) -> str | None:
        """Identifies what was built: equal inputs give equal digests. None while the receipt does not exist."""
        record, made_from = self.stored, self._made_from
        if (
            record is None
            or "unusable_in" in record
            or None in made_from.values()
            or record.get("made_from") != made_from
            or record.get("version") != self.version
        ):
            return None
        has_files = all(has_size(path, size) for path, size in record.get("files", {}).items())
        return record.get("digest") if has_files else None

    @property
    def record(self) -> dict[str, Any]:
        """What the receipt stores, whether or not it still holds. Raises BadFile where there is none."""
        if self.stored is None:
            what = "is damaged" if self.path.exists() else "does not exist"
            raise BadFile(f"{self.name} {what}; {program()} verify --repair builds it again")
        return self.stored

    @property
    def stored(self) -> dict[str, Any] | None:
        """As ``record``; None where there is none, or where the file is damaged."""
        try:
            record: dict[str, Any] = json.loads(self.path.read_bytes())
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError, ValueError, RecursionError):
            return None
        return record if isinstance(record, dict) else None  # a damaged one counts as none

    @cached_property
    def name(self) -> str:
        """The path below the data folder."""
        return str(self.path).removeprefix(f"{data_folder()}/")

    @property
    def _made_from(self) -> dict[str, str | None]:
        return {receipt.name: receipt.digest for receipt in self.inputs}

    def write(
        self, files: Sequence[Path] = (), within: Path | None = None, digest: str = "", result: str = "", **facts: Any
    ) -> None:
        """Records what was built. Call it last: a crash before it costs a repeat and nothing else.

        ``files`` are those whose sizes the receipt checks, ``within`` is a file that contains the result and may grow.
        ``digest`` identifies the result, by the SHA-256 of the only file; by default the inputs do, with ``result``
        where they alone do not decide it.
        """
        if within:
            sync(within.parent)
        made_from = self._made_from
        record = {
            "digest": digest or digest_of(made_from, self.version + result),
            "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "made_from": made_from,
            "version": self.version,
            "run": run_id(),
            **contents_of(files, digest),
            **facts,
        }
        if within:
            record["files"][os.path.relpath(within, data_folder())] = None
        self.save(record)

    def update_files(self, files: Sequence[Path]) -> None:
        """Records the files as they are now, where they have changed and their inputs have not."""
        self.update(**contents_of(files))

    def update(self, **facts: Any) -> None:
        """Adds facts to the stored record, where there is one."""
        if self.stored is not None:
            self.save(self.stored | facts)

    def invalidate(self, by: str = "") -> None:
        """Records that the files cannot be used: the receipt does not exist until it is written again.

        The record stays, unless it is damaged: it says which sources a month has. ``by`` is verify, or the run that
        could not use the files.
        """
        if self.stored is None:
            delete(self.path)
        self.update(unusable_in=by or run_id())

    @property
    def is_unusable_in_this_run(self) -> bool:
        """Whether this run has invalidated it, so that to build it again would give the same."""
        return self.stored is not None and self.stored.get("unusable_in") == run_id()

    def losses(self) -> Iterator[str]:
        """One sentence for each thing that the receipt vouches for and that is not stored, or not as it was then.

        Those are its files by their sizes, and the receipts that it was made from by their digests.
        """
        record = self.stored
        if record is None:
            yield f"{self.name} is damaged" if self.path.exists() else f"{self.name} does not exist"
            return
        if "unusable_in" in record:
            yield f"{self.name} was invalidated, and its result is not built again yet"
        for name, size in record.get("files", {}).items():
            if not has_size(name, size):
                yield lost(name, size)
        for name, digest in record.get("made_from", {}).items():
            origin = Receipt(data_folder() / name)
            if not origin.path.exists():
                yield f"{name} does not exist, from which {self.name} was made"
            elif origin.stored is not None and origin.stored.get("digest") != digest:
                yield f"{name} has changed since {self.name} was made from it"

    def first_loss(self, known: dict[Path, str]) -> str:
        """The first of the ``losses`` of this receipt, and of those that it was made from; empty where there is none.

        ``known`` has the results for other receipts, and is extended.
        """
        if self.path not in known:
            known[self.path] = ""  # until it is computed
            origins = (Receipt(data_folder() / name) for name in (self.stored or {}).get("made_from", {}))
            found = (loss for loss in (*(one.first_loss(known) for one in origins), *self.losses()) if loss)
            known[self.path] = next(found, "")
        return known[self.path]

    def save(self, record: Mapping[str, Any]) -> None:
        """Stores the record as it is."""
        with atomic_write(self.path) as part:
            part.write_text(json.dumps(record, indent=1, default=str) + "\n")


def contents_of(files: Sequence[Path], sha256: str = "") -> dict[str, dict[str, Any]]:
    """The sizes and the SHA-256 of files, by their paths below the data folder."""
    names = {os.path.relpath(path, data_folder()): path for path in files}
    return {
        "files": {name: path.stat().st_size for name, path in names.items()},
        "sha256_of_files": {name: sha256 or sha256_of(path) for name, path in names.items()},
    }


def digest_of(made_from: Mapping[str, str | None], version: str) -> str:
    """A digest of the inputs' digests and a version."""
    return hashlib.sha256(json.dumps([made_from, version], sort_keys=True).encode()).hexdigest()


def has_size(relative: str, size: int | None) -> bool:
    """Whether the file below the data folder has this size; None stands for any."""
    with contextlib.suppress(OSError):
        found = os.stat(f"{data_folder()}/{relative}")  # noqa: PTH116 - half the time of a Path of each file
        return stat.S_ISREG(found.st_mode) and size in {found.st_size, None}
    return False


def lost(relative: str, size: int | None) -> str:
    """How the file below the data folder differs from one of this size."""
    path = Path(f"{data_folder()}/{relative}")
    if not path.exists():
        return f"{relative} does not exist"
    if not path.is_file():
        return f"{relative} is a folder, expected a file"
    return f"{relative} has {path.stat().st_size:,} bytes, expected {size:,}"
