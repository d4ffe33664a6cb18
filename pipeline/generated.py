"""The mark of generated data, which is in the files of the sample upstream themselves, whatever server sends them.

It is in the key-value metadata of Parquet files, in the comment of zip archives, and in a field of the answers of the
weather archive. CSV has no place for it: the table of taxi zones, the only such file, is not marked.
"""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

KEY, GENERATOR = "generated_by", "nyc-mobility sample"
ZIP_COMMENT = f"{KEY}: {GENERATOR}".encode()
"""The last bytes of an archive."""


def generator_of(path: Path, file_format: str) -> str:
    """The generator that a file of this format names; empty for a published one, and for one that cannot be read."""
    if file_format == "parquet":
        mark = parquet_metadata(path).get(KEY.encode()) == GENERATOR.encode()
    elif file_format == "json":
        mark = json_fields(path).get(KEY) == GENERATOR
    else:
        mark = last_bytes(path, len(ZIP_COMMENT)) == ZIP_COMMENT
    return GENERATOR if mark else ""


def parquet_metadata(path: Path) -> dict[bytes, bytes]:
    from pyarrow import ArrowException
    from pyarrow.parquet import read_metadata

    with suppress(ArrowException, OSError):
        return read_metadata(path).metadata or {}
    return {}


def json_fields(path: Path) -> dict[str, Any]:
    with suppress(ValueError):
        answer = json.loads(path.read_bytes())
        return answer if isinstance(answer, dict) else {}
    return {}


def last_bytes(path: Path, count: int) -> bytes:
    with path.open("rb") as file:
        file.seek(-min(path.stat().st_size, count), 2)
        return file.read()
