"""Whether a file that arrived is what was asked for: not an error page, and not cut off."""

import json
import re
from pathlib import Path

from pipeline.errors import BadFile
from pipeline.sources import Source

ZIPPED = ("zip", "shapefile")
"""Formats whose files are zip archives."""
PARQUET_MAGIC, ZIP_MAGIC, ZIP_END = b"PAR1", b"PK\x03\x04", b"PK\x05\x06"


def check_format(source: Source, path: Path, what: str) -> None:
    """Raises BadFile where the file is not of the source's format: an error page, or cut off."""
    with path.open("rb") as file:
        head = file.read(4096)
        file.seek(-min(path.stat().st_size, 1 << 16), 2)
        tail = file.read()
    if head.lstrip()[:1] == b"<":
        found = re.search(rb"<title[^>]*>\s*(.*?)\s*<|<(?:Code|Message)>(.*?)<", head + tail, re.S | re.I)
        said = next((group.decode(errors="replace") for group in found.groups() if group), "") if found else ""
        kind = "an XML error" if head.lstrip().startswith((b"<?xml", b"<Error")) else "an HTML page"
        wanted = "zip" if source.format in ZIPPED else source.format
        title = f" («{said}»)" if said else ""
        raise BadFile(f"{what}: {kind}{title} where a {wanted} file should be; try again later")
    if source.format == "parquet" and (head[:4] != PARQUET_MAGIC or tail[-4:] != PARQUET_MAGIC):
        raise BadFile(f"{what}: no whole Parquet file, it {_fault(head, PARQUET_MAGIC)}; fetch it again later")
    if source.format in ZIPPED and (head[:4] not in (ZIP_MAGIC, ZIP_END) or ZIP_END not in tail):
        raise BadFile(f"{what}: no whole zip file, it {_fault(head, ZIP_MAGIC)}; fetch it again later")
    if source.format == "json":
        check_json(path, what)


def _fault(head: bytes, magic: bytes) -> str:
    return (
        "is cut off (its end is missing)" if head[:4] == magic else f"begins with {head[:4]!r} and not with {magic!r}"
    )


def check_json(path: Path, what: str) -> None:
    """Raises BadFile where it is no JSON, or where Open-Meteo reports an error with a friendly status."""
    try:
        answer = json.loads(path.read_bytes())
    except ValueError as error:
        raise BadFile(f"{what}: no JSON ({error})") from error
    if not isinstance(answer, dict) or answer.get("error") or "hourly" not in answer:
        reason = answer.get("reason", "no hourly data") if isinstance(answer, dict) else "no object"
        raise BadFile(f"{what}: the archive reports an error ({reason})")
