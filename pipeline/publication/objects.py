"""Which files are uploaded: those of ``published/`` and ``reports/``, under the same names. Receipts stay here."""

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.paths import data_folder, sha256_of

FOLDERS = ("published", "reports")
RECEIPTS = ("published", "published/metrics", "reports", "reports/explore")
"""Folders whose JSON files are receipts, which name paths and runs of this machine."""
OF_A_MONTH = re.compile(r"(month=)?\d{4}-\d{2}(\.[a-z]+)?")
"""Names of files and folders of one month, which its receipts list."""


@dataclass(frozen=True)
class Object:
    """The content of a file: its size in bytes and its SHA-256 in hexadecimal digits."""

    bytes: int
    sha256: str


def shared_files() -> Iterator[Path]:
    """The files that all months share: dimensions, pooled effects, index, catalogue, documentation and others."""
    for top in FOLDERS:
        for folder, folders, names in os.walk(data_folder() / top):
            folders[:] = [name for name in folders if is_shared(name)]
            is_of_receipts = os.path.relpath(folder, data_folder()) in RECEIPTS
            for name in names:
                if is_shared(name) and not (is_of_receipts and name.endswith(".json")):
                    yield Path(folder, name)


def is_shared(name: str) -> bool:
    """Whether a file or folder is not hidden, as unfinished ones are, and not of one month."""
    return not name.startswith(".") and not OF_A_MONTH.fullmatch(name)


def objects_of(files: Iterable[Path]) -> dict[str, Object]:
    """The contents of files, by their names below the data folder."""
    return {
        path.relative_to(data_folder()).as_posix(): Object(path.stat().st_size, sha256_of(path))
        for path in sorted(files)
    }
