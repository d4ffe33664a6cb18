"""Where files are stored, and how they are written: completely or not at all.

Every path is ``<data>/<stage>/[<source>/]<label><suffix>``; the label is a month (``2024-01``), a year or ``static``.
"""

import contextlib
import errno
import fcntl
import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path

from pipeline.errors import BadInput, NoSpace
from pipeline.project import IS_INSTALLED, default_data_folder

DISK_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EEXIST}

FORBIDDEN = re.compile(r"[?\\\x00-\x1f\x7f\ud800-\udfff]")
"""Characters that the data folder must not have. DuckDB reads ``\\`` as ``/``, and what follows a ``?`` as options."""
LONGEST = os.pathconf("/", "PC_PATH_MAX") - 512
"""Bytes that the data folder's path may have; the paths of its files are longer."""

FULL = ("No space left", "Disk quota exceeded", "failed to offload data block")
"""How the system, and DuckDB where it cannot spill any more, say that the disk is full."""


def data_folder() -> Path:
    """The folder of all output: ``MOBILITY_DATA``, by default that of project.py, as an absolute path.

    Raises BadInput for a path in which the warehouse or the files cannot be stored.
    """
    return _absolute(os.environ.get("MOBILITY_DATA") or str(default_data_folder()))


@cache
def _absolute(folder: str) -> Path:
    """Cached: a range asks for it a hundred times per month, and a process does not change its working directory."""
    path = Path(folder).absolute()
    if found := FORBIDDEN.search(str(path)):
        raise BadInput(
            f"MOBILITY_DATA {str(path)!r}: the path has {found[0]!r}; DuckDB opens no database in a path with ?, "
            "\\ or a control character; choose another folder"
        )
    if reason := reason_against(path):
        raise BadInput(f"MOBILITY_DATA {path}: {reason}; choose another folder")
    return path


def reason_against(path: Path) -> str:
    """Why the path cannot be the data folder; empty where it is a folder that can be read, or does not exist yet."""
    if len(os.fsencode(path)) > LONGEST:
        return f"the path has more than {LONGEST:,} bytes"
    try:
        path.stat()
    except FileNotFoundError:
        return ""
    except OSError as error:
        return str(error.strerror)
    return "" if path.is_dir() and os.access(path, os.R_OK | os.X_OK) else "not a folder that can be read"


def shared_as() -> str:
    """The name of a data folder that several machines share (``MOBILITY_SHARED_AS``); empty for one of this machine."""
    return os.environ.get("MOBILITY_SHARED_AS", "")


def path_for(stage: str, label: str | date, suffix: str, source: str = "") -> Path:
    """The path of a file of a stage; a date as label stands for its month."""
    name = label if isinstance(label, str) else f"{label:%Y-%m}"
    return Path(f"{data_folder()}/{stage}/{source}/{name}{suffix}")


def make_folder(folder: Path) -> None:
    """Creates the folder and those above it that do not exist, and flushes their entries to the disk."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for one in reversed(missing):
        sync(one.parent)


@contextlib.contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """A path beside ``path`` to write to. It replaces ``path`` when the block succeeds, and is deleted otherwise.

    Raises NoSpace where the disk is full or not writable.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        with disk_errors(path):
            make_folder(path.parent)
            yield part
            sync(part)
            put(part, path)
            sync(path.parent)
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


@contextlib.contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Raises NoSpace instead of an error of the system that says that the disk is full or not writable."""
    try:
        yield
    except OSError as error:
        if full := disk_error_of(error, path):
            raise full from error
        raise


@contextlib.contextmanager
def atomic_write_tree(folder: Path) -> Iterator[Path]:
    """A folder to write into. Its files move into ``folder`` when the block succeeds; it is deleted in any case.

    Raises NoSpace where the disk is full or not writable.
    """
    work = folder / ".part"
    try:
        with disk_errors(folder):
            shutil.rmtree(work, ignore_errors=True)
            work.mkdir(parents=True)
            yield work
            for part in sorted(path for path in work.rglob("*") if path.is_file()):
                path = folder / part.relative_to(work)
                make_folder(path.parent)
                sync(part)
                put(part, path)
                sync(path.parent)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def disk_error_of(error: BaseException | None, path: Path | None = None) -> NoSpace | None:
    """The error to raise instead of one of the system that says that the disk is full or not writable.

    None for any other. Without a path, an error counts that names one in the data folder, or none.
    """
    if not isinstance(error, OSError) or error.errno not in DISK_ERRORS:
        return None
    named = path or Path(os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else data_folder())
    if not path and not named.is_relative_to(data_folder()):
        return None
    return NoSpace(f"{named}: cannot be written ({error.strerror}); {disk_remedy(str(error.strerror))}")


def disk_remedy(reason: str) -> str:
    """What helps where a file in the data folder cannot be written; of a full disk, also how much of it is free."""
    if not any(words in reason for words in FULL):
        return "make it writable, or choose another MOBILITY_DATA"
    folder = data_folder()
    free = f"{free_bytes(folder) / 1e6:,.1f} MB are free"
    return f"the disk of {folder} is full ({free}); free some space, or choose another MOBILITY_DATA"


def free_bytes(folder: Path) -> int:
    """The free bytes of the disk that has the folder, or will have it."""
    return shutil.disk_usage(next(one for one in (folder, *folder.parents) if one.exists())).free


def append_line(path: Path, line: str) -> None:
    """Appends a line, in one write, so that lines of several processes do not mix; all of it or nothing.

    Raises OSError where it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    content = f"{line}\n".encode()
    file = os.open(path, os.O_APPEND | os.O_CREAT | os.O_WRONLY, 0o644)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)  # of a machine that shares the folder by NFS, the end of the file is not known
        written = os.write(file, content)
        if written < len(content):
            os.ftruncate(file, os.lseek(file, 0, os.SEEK_CUR) - written)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
    finally:
        os.close(file)


def put(part: Path, path: Path) -> None:
    """Replaces the file by another one. A folder that is in its place is kept."""
    move_aside(path)
    part.replace(path)


def move_aside(path: Path) -> None:
    """Renames a folder that is in the place of a file: ``NAME.unreadable``."""
    if path.is_dir():
        names = (path.with_name(f"{path.name}{number}.unreadable") for number in ("", *range(1, 1000)))
        path.rename(next(name for name in names if not name.exists()))


def delete(path: Path) -> bool:
    """Deletes a file for good, flushing its folder to the disk. Returns whether it existed."""
    move_aside(path)
    try:
        path.unlink()
    except (FileNotFoundError, NotADirectoryError):
        return False
    sync(path.parent)
    return True


@cache
def digest_of_files(*paths: Path) -> str:
    """A digest of the contents of files, in the order of their paths; computed once in a process."""
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted(paths))).hexdigest()[:16]


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file's content, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync(path: Path) -> None:
    """Flushes a file, or the entries of a folder, to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def program() -> str:
    """The command that people type, where this one works on the demo's data with ``--demo``."""
    return f"{name_of_program()}{' --demo' if os.environ.get('MOBILITY_DEMO') else ''}"


def name_of_program() -> str:
    """``./run.sh`` in a checkout, ``nyc-mobility`` where the project is installed."""
    return "nyc-mobility" if IS_INSTALLED else "./run.sh"


def installation(extra: str) -> str:
    """What installs the packages of an extra."""
    return f"run pip install 'nyc-mobility[{extra}]'" if IS_INSTALLED else f"run {name_of_program()} install {extra}"
