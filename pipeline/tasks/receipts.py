"""Targets: what must lie where before a task counts as done.

Every path is ``<data>/<stage>/[<source>/]<label><suffix>``, the label a month (``2024-01``), a year or ``static``.
"""

import contextlib
import hashlib
import json
import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import luigi

from pipeline.paths import atomic_write, data_folder, path_for
from pipeline.process import run_id

log = logging.getLogger(__name__)


def warehouse() -> Path:
    return path_for("warehouse", "nyc_mobility", ".duckdb")


class HttpTarget(luigi.Target):
    """A file at a publisher's; ``find`` asks where it is."""

    def __init__(self, find: Callable[[], tuple[str, str] | None]) -> None:
        self.find = find

    def exists(self) -> bool:
        return self.find() is not None

    @property
    def found(self) -> tuple[str, str]:
        """Its URL and the label of its file, ``2024-01`` or, for a year's archive, ``2023``."""
        found = self.find()
        assert found is not None
        return found


class Receipt(luigi.Target):
    """A record of what was made, and of what it was made from.

    It *exists* only while that is still what lies there: each input is there with the digest noted here, the declared
    version is the same, and the files that it vouches for have their sizes. So a revised input makes exactly what was
    made from it incomplete.
    """

    def __init__(self, path: Path, made_from: Sequence["Receipt"] = (), version: str = "") -> None:
        self.path = path
        self.inputs = made_from
        self.version = version
        self.began = time.monotonic()

    def exists(self) -> bool:
        return self.digest is not None

    @property
    def digest(self) -> str | None:
        """What stands for the thing made: the same whenever it was made from the same; None while it is not there."""
        record, made_from = self._record, self._made_from
        if record is None or record.get("made_from") != made_from or record.get("version") != self.version:
            return None
        if None in made_from.values():
            return None
        return record["digest"] if all(has_size(path, size) for path, size in record["files"].items()) else None

    @property
    def record(self) -> dict[str, Any]:
        """The facts noted when it was made."""
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
        return str(self.path).removeprefix(f"{data_folder()}/")

    @property
    def _made_from(self) -> dict[str, str | None]:
        return {receipt.name: receipt.digest for receipt in self.inputs}

    def write(
        self, files: Sequence[Path] = (), within: Path | None = None, digest: str = "", content: str = "", **facts: Any
    ) -> None:
        """Notes what was made; last of all, so that a crash before it costs a repeat and nothing else.

        ``files`` are what it vouches for, ``within`` a file that it lies in and that goes on growing. ``digest`` stands
        for the thing made, or, with its inputs, ``content`` does, where these alone do not decide what is made.
        """
        sizes = {os.path.relpath(path, data_folder()): path.stat().st_size for path in files}
        made_from = self._made_from
        record = {
            "digest": digest or digest_of(made_from, self.version + content),
            "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "made_from": made_from,
            "version": self.version,
            "run": run_id(),
            "files": sizes | ({os.path.relpath(within, data_folder()): None} if within else {}),
            **facts,
        }
        self._save(record)
        told = [f"{facts['rows']:,} rows"] if isinstance(facts.get("rows"), int) else []
        told += [f"{sum(sizes.values()) / 1e6:,.1f} MB"] if sizes else []
        log.info(
            "%s made in %.1f s%s",
            Path(self.name).with_suffix(""),
            time.monotonic() - self.began,
            "".join(f", {t}" for t in told),
        )

    def note(self, **facts: Any) -> None:
        """Adds facts to the record, where there is one; what it vouches for stays as it is."""
        if self._record is not None:
            self._save(self._record | facts)

    def _save(self, record: Mapping[str, Any]) -> None:
        with atomic_write(self.path) as part:
            part.write_text(json.dumps(record, indent=1, default=str) + "\n")


def digest_of(made_from: Mapping[str, str | None], version: str) -> str:
    return hashlib.sha256(json.dumps([made_from, version], sort_keys=True).encode()).hexdigest()


def has_size(relative: str, size: int | None) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"{data_folder()}/{relative}").stat().st_size == size or size is None
    return False


@cache
def digest_of_files(folder: Path) -> str:
    """What stands for the files of a folder: another one when any of them changes."""
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted(folder.iterdir()))).hexdigest()[:16]
