"""The mark of generated data: every file of the sample upstream says so itself, in a place that its format has for it.

A Parquet file says it in its key-value metadata, a zip archive in its comment, an answer of the weather archive in a
field. So the mark stays with the file, whoever serves it, and a published file that is served beside has none. A CSV
file has no such place: the table of taxi zones, the only one, is not marked.
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
