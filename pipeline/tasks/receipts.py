"""Targets: what must lie where before a task counts as done.

Every path is ``<data>/<stage>/[<source>/]<label><suffix>``, the label a month (``2024-01``), a year or ``static``.
"""

import contextlib
import errno
import hashlib
import json
import logging
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import luigi

from pipeline.errors import NoSpace
from pipeline.history.runs import run_id

log = logging.getLogger(__name__)

DISK_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EEXIST}


def data_folder() -> Path:
    """Where everything lies that is made: ``MOBILITY_DATA``, else ``data``, as an absolute path."""
    return absolute(os.environ.get("MOBILITY_DATA") or "data")


@cache
def absolute(folder: str) -> Path:
    """Asked a hundred times for every month of a range; a process stays where it was started."""
    return Path(folder).absolute()


def place(stage: str, label: str | date, suffix: str, source: str = "") -> Path:
    name = label if isinstance(label, str) else f"{label:%Y-%m}"
    return Path(f"{data_folder()}/{stage}/{source}/{name}{suffix}")


def warehouse() -> Path:
    return place("warehouse", "nyc_mobility", ".duckdb")


@contextlib.contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A path beside ``path`` to write to, which takes its place when the block ends well, and is removed otherwise.

    Raises NoSpace where the disk is full or not writable.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield part
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        if error.errno not in DISK_ERRORS:
            raise
        raise NoSpace(f"{path}: cannot be written ({error.strerror}); free or choose another MOBILITY_DATA") from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


@contextlib.contextmanager
def whole_tree(folder: Path) -> Iterator[Path]:
    """A folder to write into, whose files move into ``folder`` when the block ends well; removed in any case."""
    work = folder / ".part"
    try:
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        yield work
        for part in sorted(path for path in work.rglob("*") if path.is_file()):
            path = folder / part.relative_to(work)
            path.parent.mkdir(parents=True, exist_ok=True)
            part.replace(path)
    finally:
        shutil.rmtree(work, ignore_errors=True)


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
        with whole(self.path) as part:
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
