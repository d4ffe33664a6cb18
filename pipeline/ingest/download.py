"""Publisher -> landing: the file as published, byte for byte, with where it came from."""

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
from pipeline.ingest.http import Passing, Patience, ask, head, until_answered
from pipeline.sources import Source

log = logging.getLogger(__name__)

CHUNK = 1 << 20
Tell = Callable[[int, int], None]
"""Called with the bytes received and the bytes expected in all; the latter is 0 where it is not known."""
PROVENANCE = ("file", "url", "etag", "last_modified", "bytes", "sha256", "fetched_at")
"""What is noted of a fetched file."""


def published_at(source: Source, month: date, patience: Patience) -> tuple[str, str] | None:
    """The URL that the month is published at and the label of its file; None while it is not published.

    Raises Unreachable or Refused where the upstream does not say.
    """
    for url, label in source.urls_of(month).items():
        if source.settled_after_days is not None:
            return (url, label) if is_settled(source, month) else None
        if head(url, source.publisher.base_url, patience) is not None:
            return url, label
    return None


def is_settled(source: Source, month: date) -> bool:
    """Whether an archive without files has the whole month for certain."""
    following = (month.replace(day=28) + timedelta(days=4)).replace(day=1)
    return datetime.now(UTC).date() > following + timedelta(days=1 + (source.settled_after_days or 0))


def fetch(source: Source, url: str, path: Path, part: Path, patience: Patience, tell: Tell) -> dict[str, Any]:
    """Fetches the file into ``part``, going on where an earlier try broke off, and returns where it came from.

    ``path`` is what the file will be called; it stands in messages only.
    Raises Unreachable after the last try, Refused, NoSpace, and BadFile for what is not a file of the source's format.
    """
    partial = _Partial(part)
    answer = until_answered(url, patience, lambda: _fetch_on(source, url, partial, patience, tell))
    check_format(source, part, f"{source.name}: {path.name} from {url}")
    return {
        "url": url,
        "etag": answer.headers.get("ETag", ""),
        "last_modified": answer.headers.get("Last-Modified", ""),
        "bytes": part.stat().st_size,
        "sha256": partial.sha256.hexdigest(),
        "fetched_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }


@dataclass
class _Partial:
    """What an earlier try left, the validator of the file that it is a part of, and the digest of what is there."""

    path: Path
    validator: str = ""
    sha256: Any = field(default_factory=hashlib.sha256)

    @property
    def size(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0


def _fetch_on(source: Source, url: str, partial: _Partial, patience: Patience, tell: Tell) -> requests.Response:
    """One try: what is missing of the file, or all of it where the upstream's file is another by now."""
    have = partial.size if partial.validator else 0
    resume = {"Range": f"bytes={have}-", "If-Range": partial.validator} if have else {}
    with ask("GET", url, patience, stream=True, headers=resume) as answer:
        if answer.status_code == 416:
            partial.validator = ""
            raise Passing("has another length than before")
        if not answer.ok:
            raise _refusal(source, url, answer)
        if answer.status_code != 206:
            have, partial.sha256 = 0, hashlib.sha256()
        total = have + int(answer.headers.get("Content-Length", 0))
        _check_size(source, url, total, partial)
        partial.validator = _strong_validator(answer)
        with partial.path.open("r+b" if have else "wb") as file:
            file.seek(have)
            for done in _stream(answer, file, have, partial.sha256.update):
                _check_size(source, url, done, partial)
                tell(done, total)
        if total and partial.size != total:
            raise Passing(f"broke off after {partial.size:,} of {total:,} bytes")
        return answer


def _stream(answer: requests.Response, file: Any, done: int, digest: Callable[[bytes], None]) -> Iterator[int]:
    """Writes what comes, and has each piece digested while the next is on its way; gives how many bytes are there."""
    try:
        with ThreadPoolExecutor(1) as digesting:
            digested: Future[None] | None = None
            for chunk in answer.iter_content(CHUNK):
                file.write(chunk)
                if digested:
                    digested.result()
                digested = digesting.submit(digest, chunk)
                done += len(chunk)
                yield done
    except (requests.exceptions.ChunkedEncodingError, requests.ConnectionError, requests.Timeout) as error:
        raise Passing(f"broke off after {done:,} bytes") from error


def _strong_validator(answer: requests.Response) -> str:
    etag = answer.headers.get("ETag", "")
    return answer.headers.get("Last-Modified", "") if etag.startswith("W/") or not etag else etag


def _refusal(source: Source, url: str, answer: requests.Response) -> Unavailable:
    reason = answer.reason
    with contextlib.suppress(ValueError):  # Open-Meteo says in JSON what it does not like
        reason = cast(dict[str, str], answer.json()).get("reason", reason)
    return Refused(f"{source.name}: {url} is answered with {answer.status_code} ({reason})")


def _check_size(source: Source, url: str, size: int, partial: _Partial) -> None:
    if size > source.max_bytes:
        wanted = f"at most {source.max_bytes:,} expected (max_bytes in config/sources/{source.name}.yaml)"
        raise BadFile(f"{url}: {size:,} bytes, {wanted}")
    free = shutil.disk_usage(partial.path.parent).free + partial.size
    if size > free:
        raise NoSpace(f"{partial.path.parent}: {url} needs {size:,} bytes, {free:,} are free")


def suffix(source: Source, url: str) -> str:
    """The published file's suffix, ``.csv.zip``; ``.archive.json`` for the answer of ``/v1/archive``."""
    path = PurePosixPath(urlsplit(url).path)
    return "".join(path.suffixes) or f".{path.name}.{source.format}"
