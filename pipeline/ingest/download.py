"""Publisher -> landing: the published file, byte for byte, and its provenance."""

import contextlib
import hashlib
import logging
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import Any, cast
from urllib.parse import urlsplit

import requests

from pipeline.errors import BadFile, NoSpace, Refused, Unavailable
from pipeline.ingest.formats import check_format
from pipeline.ingest.http import RetryPolicy, TransientError, head, request, retry
from pipeline.ingest.open_meteo import check_answer
from pipeline.results import Landed
from pipeline.sources import Source

log = logging.getLogger(__name__)

CHUNK = 1 << 20
Progress = Callable[[int, int], None]
"""Called with the bytes received and the total expected; the total is 0 where it is unknown."""


def published_at(source: Source, month: date, policy: RetryPolicy) -> tuple[str, str] | None:
    """The URL at which the month is published and the label of its file; None while it is not published.

    Raises Unreachable or Refused where the publisher gives no usable response.
    """
    for url, label in source.urls_of(month).items():
        if source.settled_after_days is not None:
            return (url, label) if is_settled(source, month) else None
        if head(url, source.publisher.base_url, policy) is not None:
            return url, label
    return None


def is_settled(source: Source, month: date) -> bool:
    """Whether an archive that is not made of files has the complete month."""
    following = (month.replace(day=28) + timedelta(days=4)).replace(day=1)
    return datetime.now(UTC).date() > following + timedelta(days=1 + (source.settled_after_days or 0))


def fetch(source: Source, url: str, path: Path, part: Path, policy: RetryPolicy, progress: Progress) -> Landed:
    """Downloads the file into ``part``, resuming after an interruption, and returns where it came from.

    ``path`` is the file's final path. Raises Unreachable after the last attempt, Refused, NoSpace, and BadFile for
    a file of another format than the source's, or with another content than requested.
    """
    partial = _Partial(part)
    response = retry(url, policy, lambda: _resume(source, url, partial, policy, progress))
    label = f"{source.name}: {path.name} from {url}"
    check_format(source, part, label)
    if source.format == "json":
        check_answer(source, url, part, label)
    return Landed(
        file=path.name,
        url=url,
        etag=response.headers.get("ETag", ""),
        last_modified=response.headers.get("Last-Modified", ""),
        bytes=part.stat().st_size,
        sha256=partial.sha256.hexdigest(),
        fetched_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )


@dataclass
class _Partial:
    """The bytes of earlier attempts, their digest, and the validator of the file that they belong to."""

    path: Path
    validator: str = ""
    sha256: Any = field(default_factory=hashlib.sha256)

    @property
    def size(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0


def _resume(source: Source, url: str, partial: _Partial, policy: RetryPolicy, progress: Progress) -> requests.Response:
    """One attempt: the missing part of the file, or all of it where the publisher has replaced the file."""
    offset = partial.size if partial.validator else 0
    resume = {"Range": f"bytes={offset}-", "If-Range": partial.validator} if offset else {}
    with request("GET", url, policy, stream=True, headers=resume) as response:
        if response.status_code == 416:
            partial.validator = ""
            raise TransientError("the publisher replaced the file during the download")
        if not response.ok:
            raise _refusal(source, url, response)
        if response.status_code != 206:
            offset, partial.sha256 = 0, hashlib.sha256()
        total = offset + int(response.headers.get("Content-Length", 0))
        _check_size(source, url, total, partial)
        partial.validator = _strong_validator(response)
        with partial.path.open("r+b" if offset else "wb") as file:
            file.seek(offset)
            for done in _stream(response, file, offset, partial.sha256.update):
                _check_size(source, url, done, partial)
                progress(done, total)
        if total and partial.size != total:
            raise TransientError(f"connection closed after {partial.size:,} of {total:,} bytes")
        return response


def _stream(response: requests.Response, file: Any, done: int, digest: Callable[[bytes], None]) -> Iterator[int]:
    """Writes the body, and digests each chunk while the next one arrives; yields the number of bytes written so far."""
    try:
        with ThreadPoolExecutor(1) as digesting:
            digested: Future[None] | None = None
            for chunk in response.iter_content(CHUNK):
                file.write(chunk)
                if digested:
                    digested.result()
                digested = digesting.submit(digest, chunk)
                done += len(chunk)
                yield done
    except (requests.exceptions.ChunkedEncodingError, requests.ConnectionError, requests.Timeout) as error:
        raise TransientError(f"connection closed after {done:,} bytes") from error


def _strong_validator(response: requests.Response) -> str:
    etag = response.headers.get("ETag", "")
    return response.headers.get("Last-Modified", "") if etag.startswith("W/") or not etag else etag


def _refusal(source: Source, url: str, response: requests.Response) -> Unavailable:
    reason = response.reason
    with contextlib.suppress(ValueError):  # Open-Meteo gives the reason as JSON
        reason = cast(dict[str, str], response.json()).get("reason", reason)
    return Refused(
        f"{source.name}: {url}: status {response.status_code} ({reason}); "
        f"check urls in config/sources/{source.name}.yaml"
    )


def _check_size(source: Source, url: str, size: int, partial: _Partial) -> None:
    if size > source.max_bytes:
        expected = f"expected at most {source.max_bytes:,} (max_bytes in config/sources/{source.name}.yaml)"
        raise BadFile(f"{url}: {size:,} bytes, {expected}")
    free = shutil.disk_usage(partial.path.parent).free + partial.size
    if size > free:
        raise NoSpace(
            f"{partial.path.parent}: {url} needs {size:,} bytes, {free:,} are free; "
            "free some space or choose another MOBILITY_DATA"
        )


def suffix(source: Source, url: str) -> str:
    """The published file's suffix, ``.csv.zip``; ``.archive.json`` for the response of ``/v1/archive``."""
    path = PurePosixPath(urlsplit(url).path)
    return "".join(path.suffixes) or f".{path.name}.{source.format}"
