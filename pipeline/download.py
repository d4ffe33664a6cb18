"""Publisher -> landing: the file as published, byte for byte, with where it came from."""

import contextlib
import hashlib
import logging
import os
import random
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any, cast
from urllib.parse import urlsplit

import requests
import tenacity
from requests.adapters import HTTPAdapter

from pipeline.errors import BadFile, NoSpace, Refused, Unavailable, Unreachable
from pipeline.formats import check_format
from pipeline.progress import Tell
from pipeline.sources import Source

log = logging.getLogger(__name__)

CHUNK = 1 << 20
LOOPBACK = {"127.0.0.1", "::1", "localhost"}
PASSING = {408, 425, 429, 500, 502, 503, 504}
"""Answers that may be another one in a while."""
PROVENANCE = ("file", "url", "etag", "last_modified", "bytes", "sha256", "fetched_at")
"""What is noted of a fetched file."""


@dataclass(frozen=True)
class Patience:
    """How long to go on asking: tries in all, seconds before the second, at most before any, and without a byte."""

    tries: int = 6
    first_wait_s: float = 1.0
    longest_wait_s: float = 120.0
    silence_s: float = 60.0


class _Passing(Exception):
    """A fault that may pass: worth another try."""

    def __init__(self, what: str, retry_after_s: float | None = None) -> None:
        super().__init__(what)
        self.retry_after_s = retry_after_s


class _OnlyLoopback(HTTPAdapter):
    """Plain http, to this machine alone: also when a redirect leads there."""

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        if urlsplit(request.url or "").hostname not in LOOPBACK:
            raise Refused(f"{request.url}: plain http is only for this machine itself; use https")
        return super().send(request, *args, **kwargs)


def session() -> requests.Session:
    """One a process: Luigi forks its workers, and a connection that two processes read from mixes their answers."""
    return _session_of(os.getpid())


@cache
def _session_of(_: int) -> requests.Session:
    made = requests.Session()
    made.headers.update({"User-Agent": "nyc-mobility", "Accept-Encoding": "identity"})
    made.mount("http://", _OnlyLoopback())
    return made


def published_at(source: Source, month: date, patience: Patience) -> tuple[str, str] | None:
    """The URL that the month is published at and the label of its file; None while it is not published.

    Raises Unreachable or Refused where the upstream does not say.
    """
    for url, label in source.urls_of(month).items():
        if source.settled_after_days is not None:
            return (url, label) if is_settled(source, month) else None
        if is_there(url, source.publisher.base_url, patience):
            return url, label
    return None


def is_settled(source: Source, month: date) -> bool:
    """Whether an archive without files has the whole month for certain."""
    following = (month.replace(day=28) + timedelta(days=4)).replace(day=1)
    return datetime.now(UTC).date() > following + timedelta(days=1 + (source.settled_after_days or 0))


def is_there(url: str, base_url: str, patience: Patience) -> bool:
    """Whether the upstream has the file.

    404 says no, and so does 403, which is how S3 answers for a key that it does not have. A 403 that does not look like
    S3's, when the root of the host is answered in the same way, says that the whole host refuses us: raises Refused.
    """
    answer = _until_answered(url, patience, lambda: _ask("HEAD", url, patience))
    if answer.ok:
        return True
    if answer.status_code == 404 or (answer.status_code == 403 and not _refuses(answer, base_url, patience)):
        return False
    raise Refused(f"{url}: {urlsplit(url).netloc} answers {answer.status_code} {answer.reason}, not only for this file")


def _refuses(answer: requests.Response, base_url: str, patience: Patience) -> bool:
    if _is_xml(answer):
        return False
    root = _ask("HEAD", f"{base_url}/", patience)
    return root.status_code == 403 and not _is_xml(root)


def _is_xml(answer: requests.Response) -> bool:
    return "xml" in answer.headers.get("Content-Type", "")


def fetch(source: Source, url: str, path: Path, part: Path, patience: Patience, tell: Tell) -> dict[str, Any]:
    """Fetches the file into ``part``, going on where an earlier try broke off, and returns where it came from.

    ``path`` is what the file will be called; it stands in messages only.
    Raises Unreachable after the last try, Refused, NoSpace, and BadFile for what is not a file of the source's format.
    """
    partial = _Partial(part)
    answer = _until_answered(url, patience, lambda: _fetch_on(source, url, partial, patience, tell))
    check_format(source, part, f"{source.name}: {path.name} from {url}")
    with part.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return {
        "url": url,
        "etag": answer.headers.get("ETag", ""),
        "last_modified": answer.headers.get("Last-Modified", ""),
        "bytes": part.stat().st_size,
        "sha256": sha256,
        "fetched_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _until_answered(url: str, patience: Patience, ask: Callable[[], requests.Response]) -> requests.Response:
    """Asks until there is an answer that will not pass; raises Unreachable where the last try has none."""

    def wait(state: tenacity.RetryCallState) -> float:
        assert state.outcome is not None
        wanted = getattr(state.outcome.exception(), "retry_after_s", None)
        backed_off = patience.first_wait_s * 2.0 ** (state.attempt_number - 1) * random.uniform(0.75, 1.25)
        return min(backed_off if wanted is None else wanted, patience.longest_wait_s)

    def say(state: tenacity.RetryCallState) -> None:
        assert state.outcome is not None and state.next_action is not None
        fault, wait_s = state.outcome.exception(), state.next_action.sleep
        log.warning("%s: %s; try %d of %d in %.1f s", url, fault, state.attempt_number + 1, patience.tries, wait_s)

    trying = tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(_Passing),
        stop=tenacity.stop_after_attempt(patience.tries),
        wait=wait,
        before_sleep=say,
        reraise=True,
    )
    try:
        return trying(ask)
    except _Passing as fault:
        raise Unreachable(f"{url}: {fault}, also at the last of {patience.tries} tries; run again later") from fault


def _ask(method: str, url: str, patience: Patience, **options: Any) -> requests.Response:
    """The upstream's answer; _Passing for one that may pass."""
    try:
        answer = session().request(method, url, timeout=(10, patience.silence_s), **options)
    except (requests.ConnectionError, requests.Timeout) as error:
        raise _Passing(f"no answer ({_reason(error)})") from error
    except requests.RequestException as error:
        raise Refused(f"{url}: cannot be asked for ({error})") from error
    if answer.status_code in PASSING:
        answer.close()
        raise _Passing(f"answered {answer.status_code} {answer.reason}", _retry_after(answer))
    return answer


def _reason(error: Exception) -> str:
    """The innermost reason: requests wraps it three times."""
    inner = error.args[0] if error.args else error
    inner = getattr(inner, "reason", inner)
    return re.sub(r"^.*?object at 0x\w+>: |^\w+\(.*?\): ", "", str(inner))


def _retry_after(answer: requests.Response) -> float | None:
    """Seconds that the upstream asks us to wait (RFC 9110 §10.2.3: seconds or a date)."""
    text = answer.headers.get("Retry-After", "")
    with contextlib.suppress(ValueError):
        return max(0.0, float(text))
    with contextlib.suppress(ValueError, TypeError):  # TypeError: a date whose zone is not known
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    return None


@dataclass
class _Partial:
    """What an earlier try left, and the validator of the file that it is a part of."""

    path: Path
    validator: str = ""

    @property
    def size(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0


def _fetch_on(source: Source, url: str, partial: _Partial, patience: Patience, tell: Tell) -> requests.Response:
    """One try: what is missing of the file, or all of it where the upstream's file is another by now."""
    have = partial.size if partial.validator else 0
    resume = {"Range": f"bytes={have}-", "If-Range": partial.validator} if have else {}
    with _ask("GET", url, patience, stream=True, headers=resume) as answer:
        if answer.status_code == 416:
            partial.validator = ""
            raise _Passing("has another length than before")
        if not answer.ok:
            raise _refusal(source, url, answer)
        have = have if answer.status_code == 206 else 0
        total = have + int(answer.headers.get("Content-Length", 0))
        _check_size(source, url, total, partial)
        partial.validator = _strong_validator(answer)
        with partial.path.open("r+b" if have else "wb") as file:
            file.seek(have)
            for done in _stream(answer, file, have):
                _check_size(source, url, done, partial)
                tell(done, total)
        if total and partial.size != total:
            raise _Passing(f"broke off after {partial.size:,} of {total:,} bytes")
        return answer


def _stream(answer: requests.Response, file: Any, done: int) -> Iterator[int]:
    try:
        for chunk in answer.iter_content(CHUNK):
            file.write(chunk)
            done += len(chunk)
            yield done
    except (requests.exceptions.ChunkedEncodingError, requests.ConnectionError, requests.Timeout) as error:
        raise _Passing(f"broke off after {done:,} bytes") from error


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
