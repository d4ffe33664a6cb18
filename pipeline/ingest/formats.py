"""Checks that a downloaded file has the expected format, and is neither an error page nor truncated."""

import json
import re
from pathlib import Path

from pipeline.errors import BadFile
from pipeline.sources import Source

ZIPPED = ("zip", "shapefile")
"""Formats whose files are zip archives."""
PARQUET_MAGIC, ZIP_MAGIC, ZIP_END = b"PAR1", b"PK\x03\x04", b"PK\x05\x06"


def check_format(source: Source, path: Path, label: str) -> None:
    """Raises BadFile where the file is not of the source's format: an error page, or truncated."""
    with path.open("rb") as file:
        head = file.read(4096)
        file.seek(-min(path.stat().st_size, 1 << 16), 2)
        tail = file.read()
    if head.lstrip()[:1] == b"<":
        found = re.search(rb"<title[^>]*>\s*(.*?)\s*<|<(?:Code|Message)>(.*?)<", head + tail, re.S | re.I)
        title = next((group.decode(errors="replace") for group in found.groups() if group), "") if found else ""
        kind = "an XML error" if head.lstrip().startswith((b"<?xml", b"<Error")) else "an HTML page"
        expected = "zip" if source.format in ZIPPED else source.format
        quoted_title = f' ("{title}")' if title else ""
        raise BadFile(f"{label}: expected a {expected} file, found {kind}{quoted_title}; run again later")
    if source.format == "parquet" and (head[:4] != PARQUET_MAGIC or tail[-4:] != PARQUET_MAGIC):
        raise BadFile(
            f"{label}: expected a complete Parquet file, found one that {_fault(head, PARQUET_MAGIC)}; run again later"
        )
    if source.format in ZIPPED and (head[:4] not in (ZIP_MAGIC, ZIP_END) or ZIP_END not in tail):
        raise BadFile(
            f"{label}: expected a complete zip file, found one that {_fault(head, ZIP_MAGIC)}; run again later"
        )
    if source.format == "json":
        check_json(path, label)


def _fault(head: bytes, magic: bytes) -> str:
    return "is truncated (its end is missing)" if head[:4] == magic else f"begins with {head[:4]!r}, not with {magic!r}"


def check_json(path: Path, label: str) -> None:
    """Raises BadFile where the file is not JSON, or where Open-Meteo reports an error with status 200."""
    try:
        response = json.loads(path.read_bytes())
    except ValueError as error:
        raise BadFile(f"{label}: expected JSON ({error}); run again later") from error
    if not isinstance(response, dict) or response.get("error") or "hourly" not in response:
        reason = response.get("reason", "no hourly data") if isinstance(response, dict) else "not an object"
        raise BadFile(f"{label}: the archive reports an error ({reason}); run again later")
