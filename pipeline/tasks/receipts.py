"""Luigi targets: receipts of what was built, and files at a publisher."""

import contextlib
import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import luigi

from pipeline.paths import atomic_write, data_folder
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

    def exists(self) -> bool:
        return self.digest is not None

    @property
    def digest(self) -> str | None:
        """Identifies what was built: equal inputs give equal digests. None while the receipt does not exist."""
        record, made_from = self._record, self._made_from
        if (
            record is None
            or "unusable_in" in record
            or record.get("made_from") != made_from
            or record.get("version") != self.version
        ):
            return None
        if None in made_from.values():
            return None
        return record["digest"] if all(has_size(path, size) for path, size in record["files"].items()) else None

    @property
    def record(self) -> dict[str, Any]:
        """What the receipt stores, whether or not it still holds. Raises FileNotFoundError where there is none."""
        if self._record is None:
            raise FileNotFoundError(self.path)
        return self._record

    @property
    def _record(self) -> dict[str, Any] | None:
        try:
            record: dict[str, Any] = json.loads(self.path.read_bytes())
        except (FileNotFoundError, NotADirectoryError, ValueError):
            return None
        return record

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
        ``digest`` identifies the result; by default the inputs do, with ``result`` where they alone do not decide it.
        """
        sizes = {os.path.relpath(path, data_folder()): path.stat().st_size for path in files}
        made_from = self._made_from
        record = {
            "digest": digest or digest_of(made_from, self.version + result),
            "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "made_from": made_from,
            "version": self.version,
            "run": run_id(),
            "files": sizes | ({os.path.relpath(within, data_folder()): None} if within else {}),
            **facts,
        }
        self.save(record)

    def update(self, **facts: Any) -> None:
        """Adds facts to the stored record, where there is one."""
        if self._record is not None:
            self.save(self._record | facts)

    def invalidate(self) -> None:
        """Records that this run cannot use the files. The receipt does not exist until it is written again."""
        self.update(unusable_in=run_id())

    @property
    def is_unusable_in_this_run(self) -> bool:
        """Whether this run has invalidated it, so that to build it again would give the same."""
        return self._record is not None and self._record.get("unusable_in") == run_id()

    def save(self, record: Mapping[str, Any]) -> None:
        """Stores the record as it is."""
        with atomic_write(self.path) as part:
            part.write_text(json.dumps(record, indent=1, default=str) + "\n")


def digest_of(made_from: Mapping[str, str | None], version: str) -> str:
    """A digest of the inputs' digests and a version."""
    return hashlib.sha256(json.dumps([made_from, version], sort_keys=True).encode()).hexdigest()


def has_size(relative: str, size: int | None) -> bool:
    """Whether the file below the data folder has this size; None stands for any."""
    with contextlib.suppress(OSError):
        return Path(f"{data_folder()}/{relative}").stat().st_size == size or size is None
    return False
