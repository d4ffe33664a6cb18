"""Publisher -> landing: the published file, byte for byte, and its provenance."""

import hashlib
import logging
import re
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

import requests

from pipeline.errors import BadFile, NoSpace, Refused, Unavailable
from pipeline.generated import generator_of
from pipeline.ingest.formats import check_format
from pipeline.ingest.http import RetryPolicy, head, request, retry
from pipeline.ingest.open_meteo import check_answer
from pipeline.ingest.responses import (
    TransientError,
    body_of,
    content_encoding,
    content_length,
    status_of,
    strong_validator,
    validators_in,
)
from pipeline.months import add_months
from pipeline.paths import free_bytes
from pipeline.printable import printable
from pipeline.progress import Progress
from pipeline.results import Landed
from pipeline.sources import Source

log = logging.getLogger(__name__)

CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18})")


def published_at(source: Source, month: date, policy: RetryPolicy) -> tuple[str, str] | None:
    """The URL at which the month is published and the label of its file; None while it is not published.

    A month that is missing although it should be published by now is logged as a warning: the publisher may be late,
    may answer so to too many requests, or may have given the file another name. It is pending in any case, no failure.
    Raises Unreachable or Refused where the publisher gives no usable response.
    """
    for url, label in source.urls_of(month).items():
        if source.settled_after_days is not None:
            return (url, label) if is_settled(source, month) else None
        if head(url, source.publisher.base_url, policy) is not None:
            return url, label
    if not source.static and (latest := source.expected(month)[1]) < datetime.now(UTC).date():
        log.warning("%s", late_warning(source, month, latest))
    return None


def late_warning(source: Source, month: date, latest: date) -> str:
    """The warning that the month is missing, although it is usually published by ``latest``."""
    first, *others = source.urls_of(month)
    names = f"{first} or its {len(others)} other names" if others else first
    return (
        f"{source.label(month)} {source.name}: late: the publisher answers 403 or 404 for {names}, but usually "
        f"publishes the month by {latest} (lag_days in config/sources/{source.name}.yaml); run again later, and if "
        f"it stays late, look for another name of the file at {source.publisher.link}"
    )


def is_settled(source: Source, month: date) -> bool:
    """Whether an archive that is not made of files has the complete month."""
    assert source.settled_after_days is not None
    return datetime.now(UTC).date() > add_months(month, 1) + timedelta(days=1 + source.settled_after_days)


def fetch(source: Source, url: str, path: Path, part: Path, policy: RetryPolicy, progress: Progress) -> Landed:
    """Downloads the file into ``part``, resuming after an interruption, and returns where it came from.

    ``path`` is the file's final path. Raises Unreachable after the last attempt, Refused, NoSpace, and BadFile for
    a file of another format than the source's, or with another content than requested.
    """
    partial = _Partial(part)
    response = retry(url, policy, lambda: _resume(source, url, partial, policy, progress))
    try:
        check_format(source, part, label := f"{source.name}: {path.name} from {url}")
        if source.format == "json":
            check_answer(source, url, part, label)
    except BadFile as error:
        raise BadFile(f"{error}; run again later") from error
    etag, last_modified = validators_in(response)
    return Landed(
        file=path.name,
        url=printable(url),
        etag=etag,
        last_modified=last_modified,
        bytes=part.stat().st_size,
        sha256=partial.sha256.hexdigest(),
        fetched_at=datetime.now(UTC).isoformat(timespec="seconds"),
        generated_by=generator_of(part, source.format),
    )


@dataclass
class _Partial:
    """The bytes of earlier attempts, their digest, and the validator and the size of the file that they belong to."""

    path: Path
    validator: str = ""
    total: int = 0  # 0: the publisher did not say
    sha256: Any = field(default_factory=hashlib.sha256)

    @property
    def size(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0

    def is_continued_by(self, response: requests.Response) -> bool:
        """Whether the response has the bytes of the same file from this size to its end."""
        said = CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", "").strip())
        is_other = strong_validator(response) not in {"", self.validator} or content_encoding(response)
        if is_other or not said:
            return False
        first, last, total = map(int, said.groups())
        length = content_length(response)
        expected = self.size, total - 1, self.total or total, total - first
        return (first, last, total, total - first if length is None else length) == expected


def _resume(source: Source, url: str, partial: _Partial, policy: RetryPolicy, progress: Progress) -> requests.Response:
    """One attempt: the missing part of the file, or all of it where the response is not exactly that part."""
    offset = partial.size if partial.validator else 0
    resume = {"Range": f"bytes={offset}-", "If-Range": partial.validator} if offset else {}
    with request("GET", url, policy, headers=resume) as response:
        status = response.status_code
        if status == 200 or (status == 206 and offset and partial.is_continued_by(response)):
            return _store(source, url, response, offset if status == 206 else 0, partial, policy, progress)
        if status not in {206, 416}:
            raise _refusal(source, url, response)
    if not offset:
        raise TransientError(f"{status_of(response)} to a request for the whole file")
    log.info("%s: the response is not the missing part of the same file; downloading all of it", url)
    partial.validator = ""
    return _resume(source, url, partial, policy, progress)


def _store(
    source: Source,
    url: str,
    response: requests.Response,
    offset: int,
    partial: _Partial,
    policy: RetryPolicy,
    progress: Progress,
) -> requests.Response:
    """Writes the body behind the first ``offset`` bytes of the partial file."""
    encoding, length = content_encoding(response), content_length(response)
    if not offset:
        partial.total, partial.sha256 = 0 if encoding else length or 0, hashlib.sha256()
        partial.validator = "" if encoding else strong_validator(response)
    total = partial.total or offset + (length or 0)
    _check_size(source, url, total, partial)
    with partial.path.open("r+b" if offset else "wb") as file:
        file.seek(offset)
        for done in _write(
            body_of(response, policy.read_timeout_s, policy.least_bytes), file, offset, partial.sha256.update
        ):
            _check_size(source, url, done, partial)
            if partial.total and done > partial.total:
                partial.validator = ""
                raise TransientError(f"more than the {partial.total:,} bytes of the file are sent")
            progress(done, partial.total)
    if partial.total and partial.size != partial.total:
        raise TransientError(f"connection closed after {partial.size:,} of {partial.total:,} bytes")
    return response


def _write(chunks: Iterable[bytes], file: Any, done: int, digest: Callable[[bytes], None]) -> Iterator[int]:
    """Writes each chunk, and digests it while the next one arrives; yields the number of bytes written so far."""
    with ThreadPoolExecutor(1) as digesting:
        digested: Future[None] | None = None
        for chunk in chunks:
            file.write(chunk)
            if digested:
                digested.result()
            digested = digesting.submit(digest, chunk)
            done += len(chunk)
            yield done


def _refusal(source: Source, url: str, response: requests.Response) -> Unavailable:
    cure = f"check urls in config/sources/{source.name}.yaml" if response.status_code == 400 else "run again later"
    return Refused(f"{source.name}: {url}: {status_of(response)}; {cure}")


def _check_size(source: Source, url: str, size: int, partial: _Partial) -> None:
    if size > source.max_bytes:
        expected = f"expected at most {source.max_bytes:,} (max_bytes in config/sources/{source.name}.yaml)"
        raise BadFile(f"{url}: {size:,} bytes, {expected}")
    free = free_bytes(partial.path.parent) + partial.size
    if size > free:
        raise NoSpace(
            f"{partial.path.parent}: {url} needs {size:,} bytes, {free:,} are free; "
            "free some space, or choose another MOBILITY_DATA"
        )


def suffix(source: Source, url: str) -> str:
    """The published file's suffix, ``.csv.zip``; ``.archive.json`` for the response of ``/v1/archive``."""
    path = PurePosixPath(urlsplit(url).path)
    return "".join(path.suffixes) or f".{path.name}.{source.format}"
